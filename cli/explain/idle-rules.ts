// Objects that rules name and the database does not have, or has as another kind of thing. An Allow for them is missed soon;
// a Deny for them is not, and what it was written to close is open.
import type { ObjectMatch, Rule } from '#crds/types.gen.ts'
import { segmentMatcher } from '#sidecar/masking/patterns.ts'
import { compileGlob } from '#sidecar/policy/match.ts'
import type { Catalog, Relation } from '#sidecar/protocols/postgres/catalog/model.ts'
import { apart } from '#sidecar/protocols/postgres/catalog/qualified.ts'
import { didYouMean } from './nearest.ts'

export interface PolicyRules {
  readonly key: string
  readonly rules: readonly Rule[]
}

export function idleRules(policies: readonly PolicyRules[], catalog: Catalog): string[] {
  const relations = [...catalog.userRelations()]
  return policies.flatMap(({ key, rules }) =>
    rules.flatMap((rule) => {
      const rest = rule.action === 'Deny' ? 'so it denies nothing there' : 'so it matches nothing there'
      const title = `rule ${rule.name} of policy ${key}`
      return [
        ...doubtsOf(rule, catalog, relations).map(({ problem, advice }) => `${title}: ${problem}, ${rest}${advice}`),
        ...dotted(rule, relations).map(
          (name) => `${title} does not reach ${name}: * crosses no dot, and that is in its name; name it whole`,
        ),
      ]
    }),
  )
}

interface Doubt {
  readonly problem: string
  readonly advice: string
}

function doubtsOf({ match: { verbs, objects } }: Rule, catalog: Catalog, relations: readonly Relation[]): Doubt[] {
  // What is to be made is not there yet.
  if (verbs?.every((verb) => verb === 'create')) return []
  return (objects ?? []).flatMap(({ kind, names = [] }) =>
    names.flatMap((name) => doubtOf(kind, name, catalog, relations, objects ?? []) ?? []),
  )
}

const RELATIONS: readonly string[] = ['table', 'view', 'materializedView', 'foreignTable', 'sequence']

function doubtOf(
  kind: string,
  name: string,
  catalog: Catalog,
  relations: readonly Relation[],
  beside: readonly ObjectMatch[],
): Doubt | undefined {
  const problem = `database ${catalog.database} has no ${kind} ${name}`
  if (!RELATIONS.includes(kind)) return known(kind, name, catalog) ? undefined : { problem, advice: '' }
  const matches = compileGlob(name)
  const [schema, table] = apart(name)
  // The server's own, and what sessions make for themselves.
  if (schema.startsWith('pg_') || schema === 'information_schema' || catalog.relation(schema, table)?.kind === kind)
    return undefined
  const found = relations.filter((relation) => matches(nameOf(relation)))
  if (found.some((relation) => relation.kind === kind)) return undefined
  const [other] = found
  if (other === undefined) return { problem, advice: didYouMean(name, relations.map(nameOf)) }
  // The same pattern for several kinds is a way to say "whatever it is".
  const meant = beside.some((object) => object.kind === other.kind && (object.names ?? [name]).includes(name))
  return meant ? undefined : { problem, advice: `; ${nameOf(other)} is of kind ${other.kind}` }
}

/** Tables that a Deny for their schema passes by. */
function dotted({ action, match: { objects = [] } }: Rule, relations: readonly Relation[]): readonly string[] {
  const odd = action === 'Deny' ? relations.filter(({ schema, name }) => `${schema}${name}`.includes('.')) : []
  return odd
    .filter(({ schema, name, kind }) => {
      const names = objects.flatMap((object) => (object.kind === kind ? (object.names ?? []) : []))
      const meant = names.some((pattern) => {
        const [inSchema, inName, ...more] = pattern.split('.').map(segmentMatcher)
        return more.length === 0 && inSchema?.(schema) === true && inName?.(name) === true
      })
      return meant && !names.includes(`${schema}.${name}`)
    })
    .map(nameOf)
}

/** What can be looked up only by its whole name is believed where that is a pattern. */
function known(kind: string, name: string, catalog: Catalog): boolean {
  if (name.includes('*')) return true
  if (kind === 'schema') return catalog.hasSchema(name)
  return kind !== 'function' || catalog.routines(...apart(name)).length > 0
}

function nameOf({ schema, name }: Relation): string {
  return `${schema}.${name}`
}
