// What clients and ORMs were seen to ask of the catalogs when they connect and introspect (and psql for its \d commands)
// is structure: a policy that opens one table does not stand in their way.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { builtInCatalog } from '../catalog/builtin.ts'
import { classify } from './classify.ts'
import { classifyRelation } from './relations.ts'

interface Seen {
  readonly relations: string
  readonly functions: string
}
const SEEN: { readonly [client: string]: Seen } = JSON.parse(
  readFileSync(new URL('./testdata/introspection.json', import.meta.url), 'utf8'),
)
const catalog = builtInCatalog(15)

describe('what introspection asks is Session', () => {
  for (const [client, { relations, functions }] of Object.entries(SEEN)) {
    test(`by ${client}`, () => {
      for (const [schema, name] of names(relations)) {
        const relation = catalog.relation(schema, name)
        assert.ok(relation, name)
        assert.equal(classifyRelation(relation)?.effect, 'Session', name)
      }
      for (const [schema, name] of names(functions)) {
        const overloads = catalog.routines(schema, name).filter((routine) => !routine.arguments.includes(INTERNAL))
        assert.ok(overloads.length > 0, name)
        for (const routine of overloads) {
          const entry = classify(routine)
          assert.ok(entry?.pure === true || entry?.effect === 'Session', name)
          assert.ok(entry.valueBearing !== true, name)
        }
      }
    })
  }
})

const INTERNAL = 2281

function names(list: string): readonly (readonly [string, string])[] {
  return list
    .split(' ')
    .filter((name) => name !== '')
    .map((name) => {
      const dot = name.indexOf('.')
      return [name.slice(0, dot), name.slice(dot + 1)]
    })
}
