// What one statement has been found to do so far. Handlers add to it; nothing is ever taken away.
import type { ParamRef } from 'libpg-query'
import { type Effect, type Facts, type FactValue, type ObjectRef, type Part, strictest } from '#sidecar/action.ts'
import type { Catalog, EffectivePath, Relation } from '../catalog/model.ts'
import { as, type Node, NotUnderstood } from './node.ts'
import type { Assignment, Copy, SessionChange, Statement, Use, UsePosition } from './statement.ts'
import { sourceKey, type Value } from './value.ts'

export interface Environment {
  readonly catalog: Catalog
  readonly path: EffectivePath
  /** The role that `"$user"` in search_path stands for, where known. */
  readonly user?: string
  /** There is no database behind the catalog: a table that it lacks is taken at its name (`explain` without a catalog). */
  readonly namesOnly?: boolean
  /** An earlier statement of the same message set search_path. */
  readonly moved?: boolean
  /** What search_path is by now cannot be told from the text. */
  readonly untold?: boolean
}

/** What a view stands on: the values of its columns in order, and the objects behind it. */
export interface SeenThrough {
  readonly columns: readonly Value[] | undefined
  readonly covers: readonly ObjectRef[]
}

const MOST_WORK = 400_000

interface MutablePart {
  readonly verb: string
  effect: Effect
  readonly object: ObjectRef | undefined
  readonly covers: Map<string, ObjectRef>
  readonly columns: Set<string>
  readonly unknown: string | undefined
  readonly absent: string | undefined
  opaque: boolean
  readonly valueColumns: Set<string>
}

export type LookThrough = (relation: Relation) => SeenThrough

export class Analysis {
  readonly environment: Environment
  readonly lookThrough: LookThrough
  readonly uses: Use[] = []
  readonly copies: Copy[] = []
  readonly assignments: Assignment[] = []
  readonly changes: SessionChange[] = []
  readonly functions = new Set<string>()
  readonly tables = new Set<string>()
  readonly facts: { [name: string]: FactValue } = {}
  /** What is known of the statement inside this one: it is what runs. */
  innerFacts: Facts | undefined
  joins = 0
  parameters = 0
  unresolved = false
  /** A WITH query changes rows. */
  changesWithin = false
  /** Bodies of parse tree nodes that a handler has taken care of. */
  readonly visited = new Set<object>()
  /** Literals whose value makes no difference to anything that is told about the statement: operands and inserted values. */
  readonly indifferent = new Set<object>()
  /** Relation names that a definition's own part already speaks for. */
  readonly mentioned = new Set<object>()
  /** Parameters that name a setting it reads, as written; false: something else names one as well. */
  settingNames: Set<ParamRef> | false = new Set()
  /** Names of scalar subqueries' outputs: they name the output they are in. */
  readonly firstOutputs = new WeakMap<object, string>()
  #work = 0
  readonly bearers: ObjectRef[] = []
  readonly #parts = new Map<string, MutablePart>()
  readonly #used = new Set<string>()
  #opaque = false

  constructor(environment: Environment, lookThrough: LookThrough) {
    this.environment = environment
    this.lookThrough = lookThrough
  }

  /** Adds a part, or joins it with an equal one. Returns the set of its columns, for the caller to add to. */
  part(
    verb: string,
    effect: Effect,
    object?: ObjectRef,
    more: {
      covers?: readonly ObjectRef[]
      columns?: Iterable<string>
      unknown?: string
      /** What there is none of by that name. */
      absent?: string
      /** It runs code that nobody reviewed. */
      opaque?: true
      /** Touching one of these makes the part Admin. */
      valueColumns?: readonly string[]
    } = {},
  ): Set<string> {
    const key = `${verb}\n${object?.kind ?? ''}\n${object?.name ?? ''}\n${more.unknown ?? ''}`
    let part = this.#parts.get(key)
    if (part === undefined) {
      part = {
        verb,
        effect,
        object,
        covers: new Map(),
        columns: new Set(),
        unknown: more.unknown,
        absent: more.absent,
        opaque: false,
        valueColumns: new Set(),
      }
      this.#parts.set(key, part)
    }
    part.effect = strictest(part.effect, effect)
    if (more.opaque === true) part.opaque = true
    for (const cover of more.covers ?? []) part.covers.set(`${cover.kind}\n${cover.name}`, cover)
    for (const column of more.columns ?? []) part.columns.add(column)
    for (const column of more.valueColumns ?? []) part.valueColumns.add(column)
    return part.columns
  }

  get parts(): readonly Part[] {
    return [...this.#parts.values()].map((part) => ({
      verb: part.verb,
      effect: touchesValues(part) ? strictest(part.effect, 'Admin') : part.effect,
      ...(part.object === undefined ? {} : { object: part.object }),
      covers: [...part.covers.values()],
      columns: [...part.columns],
      ...(part.unknown === undefined ? {} : { unknown: part.unknown }),
      ...(part.absent === undefined ? {} : { absent: part.absent }),
      ...(part.opaque ? { opaque: true } : {}),
    }))
  }

  use(value: Value, position: UsePosition): void {
    for (const source of value.sources) {
      const key = `${position} ${sourceKey(source)}`
      if (this.#used.has(key)) continue
      this.#used.add(key)
      this.uses.push({ source, position, at: value.at })
    }
  }

  /** Relations that hold other relations' values, sessions' text or secrets, as far as the statement touches those. */
  get valueBearing(): readonly ObjectRef[] {
    const touched = [...this.#parts.values()].filter(touchesValues).flatMap((part) => part.object ?? [])
    return [...this.bearers, ...touched]
  }

  /** Something was called that can change the session's settings, path or temporary tables unseen. */
  opaque(): void {
    if (this.#opaque) return
    this.#opaque = true
    this.changes.push({ kind: 'opaque' })
  }

  /** The name of a setting that it reads is known when it runs: what is bound to the parameter, if that is all there is to it. */
  settingNamed(parameter: ParamRef | undefined): void {
    if (parameter === undefined) this.settingNames = false
    else if (this.settingNames !== false) this.settingNames.add(parameter)
  }

  /** Notes the node if it is a literal in a position where any other of its kind would mean the same. */
  anyLiteral(node: Node | undefined): void {
    const literal = as('A_Const', node)
    if (literal !== undefined) this.indifferent.add(literal)
  }

  /** Called per expression and query: nested recursive queries are analysed several times over, which must end. */
  work(): void {
    if (++this.#work > MOST_WORK) this.refuse('the statement is too complex to analyse')
  }

  refuse(reason: string, at?: number): never {
    throw new NotUnderstood(reason, at)
  }

  /** Takes over what a nested statement (EXPLAIN, PREPARE, DECLARE) would do. */
  adopt(statement: Statement): void {
    for (const part of statement.shape.parts) this.part(part.verb, part.effect, part.object, part)
    this.uses.push(...statement.uses)
    this.copies.push(...statement.copies)
    this.assignments.push(...statement.assignments)
    this.bearers.push(...statement.valueBearing)
    this.parameters = Math.max(this.parameters, statement.parameters)
    this.innerFacts = statement.shape.facts
    this.settingNames = false
  }
}

function touchesValues(part: MutablePart): boolean {
  return [...part.valueColumns].some((column) => part.columns.has(column) || part.columns.has('*'))
}
