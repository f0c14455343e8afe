// How definitions name what they are about: relations by range, other things by kind and dotted name.
import type { RangeVar } from 'libpg-query'
import { as, kindOf, type Node, namesOf, stringOf } from './node.ts'

/** One thing that a definition names. */
export type Named =
  | { readonly relation: RangeVar; readonly made?: string }
  | {
      readonly kind: string
      readonly name: readonly string[] | string | undefined
      /** It runs code that nobody reviewed. */
      readonly opaque?: true
      /** What it holds goes along. */
      readonly whole?: true
    }

export const plain = (kind: string, name: string | undefined): Named => ({ kind, name })
export const wholeSchema = (name: string | undefined): Named => ({ kind: 'schema', name, whole: true })
export const qualified = (kind: string, nodes: readonly Node[] | undefined): Named => ({ kind, name: namesOf(nodes) })
/** A function that will be called from then on, without anybody's asking. */
export const runs = (nodes: readonly Node[] | undefined): Named => ({ ...qualified('function', nodes), opaque: true })

export function about(
  type: string | undefined,
  relation: RangeVar | undefined,
  object: Node | undefined,
): readonly Named[] {
  if (relation !== undefined) return [{ relation }]
  return object === undefined ? [] : [objectNamed(type, object)]
}

const RELATION_TYPES = new Set([
  'OBJECT_TABLE',
  'OBJECT_VIEW',
  'OBJECT_MATVIEW',
  'OBJECT_SEQUENCE',
  'OBJECT_INDEX',
  'OBJECT_FOREIGN_TABLE',
])
/** Named as table.thing: the relation is what it is about. */
const ON_RELATION = new Set(['OBJECT_COLUMN', 'OBJECT_TABCONSTRAINT', 'OBJECT_TRIGGER', 'OBJECT_RULE', 'OBJECT_POLICY'])

export function objectNamed(type: string | undefined, node: Node): Named {
  const range = as('RangeVar', node)
  if (range !== undefined) return { relation: range }
  const kind = kindOfObject(type)
  const withArguments = as('ObjectWithArgs', node)
  if (withArguments !== undefined) return qualified(kind, withArguments.objname)
  const type_ = as('TypeName', node)
  if (type_ !== undefined) return qualified(kind, type_.names)
  const list = as('List', node)
  if (list === undefined) return plain(kind, stringOf(node) ?? kindOf(node))
  const names = (list.items ?? []).map((item) => stringOf(item) ?? namesOf(as('TypeName', item)?.names).join('.'))
  if (RELATION_TYPES.has(type ?? '')) return { relation: rangeVar(names) }
  if (ON_RELATION.has(type ?? '')) return { relation: rangeVar(names.slice(0, -1)) }
  return { kind, name: names }
}

function rangeVar(names: readonly string[]): RangeVar {
  const schema = names.at(-2)
  const database = names.at(-3)
  return {
    relname: names.at(-1) ?? '',
    ...(schema === undefined ? {} : { schemaname: schema }),
    ...(database === undefined ? {} : { catalogname: database }),
  }
}

/** OBJECT_FOREIGN_TABLE → foreignTable. */
export function kindOfObject(type: string | undefined): string {
  const special = SPECIAL_KINDS[type ?? '']
  if (special !== undefined) return special
  const words = (type ?? 'OBJECT_UNKNOWN')
    .replace(/^OBJECT_/, '')
    .toLowerCase()
    .split('_')
  return words.map((word, index) => (index === 0 ? word : word.charAt(0).toUpperCase() + word.slice(1))).join('')
}

const SPECIAL_KINDS: { readonly [type: string]: string | undefined } = {
  OBJECT_MATVIEW: 'materializedView',
  OBJECT_AGGREGATE: 'function',
  OBJECT_PROCEDURE: 'function',
  OBJECT_ROUTINE: 'function',
  OBJECT_DOMAIN: 'type',
  OBJECT_DOMCONSTRAINT: 'type',
  OBJECT_FOREIGN_SERVER: 'server',
  OBJECT_USER_MAPPING: 'server',
  OBJECT_FDW: 'foreignDataWrapper',
  OBJECT_STATISTIC_EXT: 'statistics',
  OBJECT_OPCLASS: 'operatorClass',
  OBJECT_OPFAMILY: 'operatorFamily',
  OBJECT_PARAMETER_ACL: 'setting',
  OBJECT_TSCONFIGURATION: 'textSearchConfiguration',
  OBJECT_TSDICTIONARY: 'textSearchDictionary',
  OBJECT_TSPARSER: 'textSearchParser',
  OBJECT_TSTEMPLATE: 'textSearchTemplate',
}

/** Things of a relation that are renamed. Anything else with a relation renames that, ALTER INDEX of a table too (tablecmds.c, RangeVarCallbackForAlterRelation). */
export const OF_RELATIONS = new Set([
  'OBJECT_ATTRIBUTE',
  'OBJECT_TABCONSTRAINT',
  'OBJECT_TRIGGER',
  'OBJECT_RULE',
  'OBJECT_POLICY',
])

/** What ALTER … RENAME names by a word of its own. */
export const PLAIN_NAMES: { readonly [type: string]: string | undefined } = {
  OBJECT_ROLE: 'role',
  OBJECT_DATABASE: 'database',
  OBJECT_TABLESPACE: 'tablespace',
}
