// What foreign keys do besides: deleting or changing a row that others refer to deletes or changes theirs (manual, CREATE
// TABLE, REFERENCES). Deny rules match the tables that this reaches, and masks see the columns that it assigns.
import type { ForeignKey, Relation } from '../catalog/model.ts'
import type { Analysis } from './analysis.ts'
import { family, objectOf, type Target, triggers } from './relations.ts'

/** Rows of the target are deleted. */
export function deleting(analysis: Analysis, verb: string, target: Target, location: number): void {
  if (target.relation === undefined) return
  new Cascade(analysis, verb, target, location).removed(target.relation)
}

/** A column of the target is given values. */
export function changing(analysis: Analysis, verb: string, target: Target, column: string, location: number): void {
  if (target.relation === undefined) return
  new Cascade(analysis, verb, target, location).changed(target.relation, column)
}

/** TRUNCATE … CASCADE empties whatever refers to the target, whatever the keys say. */
export function truncating(analysis: Analysis, target: Target, location: number): void {
  if (target.relation === undefined) return
  new Cascade(analysis, 'truncate', target, location).emptied(target.relation)
}

class Cascade {
  readonly #analysis: Analysis
  readonly #verb: string
  readonly #target: Target
  readonly #location: number
  readonly #seen = new Set<string>()

  constructor(analysis: Analysis, verb: string, target: Target, location: number) {
    this.#analysis = analysis
    this.#verb = verb
    this.#target = target
    this.#location = location
  }

  removed(relation: Relation): void {
    this.#keysTo('removed', relation, (key, other) => {
      if (key.onDelete === 'nothing') return
      this.#reach(other)
      if (key.onDelete === 'cascade') this.removed(other)
      else for (const name of key.columns) this.#assigned(other, name)
    })
  }

  changed(relation: Relation, column: string): void {
    this.#keysTo(`changed ${column}`, relation, (key, other) => {
      const name = key.columns[key.references.indexOf(column)]
      if (key.onUpdate === 'nothing' || name === undefined) return
      this.#reach(other)
      this.#assigned(other, name)
    })
  }

  emptied(relation: Relation): void {
    this.#keysTo('emptied', relation, (_, other) => {
      this.#reach(other)
      this.emptied(other)
    })
  }

  #assigned(relation: Relation, name: string): void {
    const column = relation.columns.find((one) => one.name === name)
    if (column === undefined) return
    const target = {
      relationOid: relation.oid,
      relation: `${relation.schema}.${relation.name}`,
      number: column.number,
      column: name,
    }
    this.#analysis.assignments.push({ target, at: this.#location })
    this.changed(relation, name)
  }

  #keysTo(how: string, relation: Relation, each: (key: ForeignKey, other: Relation) => void): void {
    const { catalog } = this.#analysis.environment
    for (const kin of family(catalog, relation)) {
      // Keys may go round in circles.
      const mark = `${how} ${kin.oid}`
      if (this.#seen.has(mark)) continue
      this.#seen.add(mark)
      for (const key of kin.referencedBy ?? []) {
        const other = catalog.relationByOid(key.from)
        if (other !== undefined) each(key, other)
      }
    }
  }

  #reach(relation: Relation): void {
    const { catalog } = this.#analysis.environment
    const covers = [...family(catalog, relation).map(objectOf), ...triggers(this.#analysis, relation)]
    this.#analysis.part(this.#verb, 'Write', this.#target.object, { covers })
  }
}
