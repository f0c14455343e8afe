// What a mask leaves open beside what it names: copies of a column in other tables, what triggers write elsewhere, and paths of
// fields that begin with the column instead of inside the document.
import { fieldSteps } from '#sidecar/masking/field-path.ts'
import type { Mask } from '#sidecar/masking/mask.ts'
import { parseColumnPattern } from '#sidecar/masking/patterns.ts'
import type { Catalog, Column, Relation } from '#sidecar/protocols/postgres/catalog/model.ts'
import { protection } from '#sidecar/protocols/postgres/masking/protection.ts'

export function besideMasks(all: readonly Mask[], catalog: Catalog): string[] {
  const masks = all.filter(({ mode }) => mode === 'Enforce')
  const { columns, protects } = columnsOf(masks, catalog)
  return masks.flatMap((mask) => [
    ...namesakes(mask, columns, protects),
    ...triggersBeside(mask, columns),
    ...misplacedFields(mask, catalog),
  ])
}

interface Held {
  readonly relation: Relation
  readonly column: Column
}

/** Views are followed to their tables: what tables hold is all that can be held twice. */
function columnsOf(masks: readonly Mask[], catalog: Catalog) {
  const protectedColumns = protection(masks, catalog)
  const tables = [...catalog.userRelations()].filter(
    ({ kind, temporary }) => (kind === 'table' || kind === 'foreignTable') && !temporary,
  )
  const columns = tables.flatMap((relation) => relation.columns.map((column): Held => ({ relation, column })))
  const protects = ({ relation, column }: Held) => protectedColumns.protects(relation.oid, column.number)
  return { columns, protects }
}

function namesakes(mask: Mask, columns: readonly Held[], protects: (held: Held) => boolean): string[] {
  const names = new Set(namedBy(mask, columns).map(({ column }) => column.name))
  const open = columns.filter((held) => names.has(held.column.name) && !protects(held))
  if (open.length === 0) return []
  return [`${titleOf(mask)} leaves columns of the same name as they are: ${some(open.map(nameOf))}`]
}

function triggersBeside(mask: Mask, columns: readonly Held[]): string[] {
  const relations = new Set(namedBy(mask, columns).map(({ relation }) => relation))
  return [...relations].flatMap(({ schema, name, triggerRoutines }) =>
    triggerRoutines.length === 0
      ? []
      : [
          `${titleOf(mask)} does not reach what triggers of ${schema}.${name} store elsewhere; they run ${some([...new Set(triggerRoutines)])}`,
        ],
  )
}

const JSON_TYPES: ReadonlySet<string> = new Set(['json', 'jsonb', '_json', '_jsonb'])

function misplacedFields(mask: Mask, catalog: Catalog): string[] {
  if (mask.fields.length === 0) return []
  const documents = [...catalog.userRelations()].flatMap((relation) =>
    relation.columns.filter(({ typeOid }) => isJson(typeOid, catalog)).map((column): Held => ({ relation, column })),
  )
  if (documents.length === 0)
    return [`${titleOf(mask)} protects nothing: database ${catalog.database} has no json or jsonb column`]
  return mask.fields.flatMap((path) => {
    const [first, second] = fieldSteps(path)
    if (first?.kind !== 'key' || first.anywhere || second === undefined) return []
    const same = documents.find(({ column }) => column.name === first.key)
    if (same === undefined) return []
    const inside = `$${path.slice(path.indexOf(first.key) + first.key.length)}`
    return [
      `${titleOf(mask)}: ${path} begins inside each document, and ${nameOf(same)} is a column; did you mean ${inside}?`,
    ]
  })
}

function isJson(oid: number, catalog: Catalog): boolean {
  const type = catalog.dataTypeByOid(oid)
  if (type?.kind === 'd') return isJson(type.baseOid, catalog)
  return type?.schema === 'pg_catalog' && JSON_TYPES.has(type.name)
}

function namedBy({ columns: patterns }: Mask, columns: readonly Held[]): readonly Held[] {
  const parsed = patterns.flatMap((text) => parseColumnPattern(text) ?? [])
  return columns.filter(({ relation, column }) =>
    parsed.some((pattern) => pattern.matches(relation.schema, relation.name, column.name)),
  )
}

function titleOf({ name, policy }: Mask): string {
  return `mask ${name} of policy ${policy}`
}

function nameOf({ relation, column }: Held): string {
  return `${relation.schema}.${relation.name}.${column.name}`
}

const SHOWN = 8

function some(names: readonly string[]): string {
  const shown = names.slice(0, SHOWN).join(', ')
  return names.length > SHOWN ? `${shown} and ${names.length - SHOWN} more` : shown
}
