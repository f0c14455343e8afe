// Nothing that a supported server has may be missing from the tables, and nothing in the tables may be made up.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { MAJORS, readSections } from '../catalog/builtin.ts'
import { text } from '../catalog/rows.ts'
import { CATALOG_FAMILIES, INFORMATION_SCHEMA_FAMILIES } from './builtin/table.ts'
import { namesOf } from './family.ts'
import { SYSTEM_RELATIONS } from './relations.ts'

const FUNCTIONS = new Set([
  ...CATALOG_FAMILIES.flatMap(namesOf).map((name) => `pg_catalog.${name.replace(/\/\d+$/, '')}`),
  ...INFORMATION_SCHEMA_FAMILIES.flatMap(namesOf).map((name) => `information_schema.${name}`),
])
const RELATIONS = new Set(
  SYSTEM_RELATIONS.flatMap(({ schema, names }) => namesOf({ why: '', names }).map((name) => `${schema}.${name}`)),
)

const onServers = { functions: new Set<string>(), relations: new Set<string>() }
for (const major of MAJORS) {
  describe(`PostgreSQL ${major}`, () => {
    const sections = readSections(major)
    const functions = new Set(sections.routines.map((row) => `${text(row, 1)}.${text(row, 2)}`))
    const relations = new Set(
      sections.relations.filter((row) => 'rv'.includes(text(row, 3))).map((row) => `${text(row, 1)}.${text(row, 2)}`),
    )
    for (const name of functions) onServers.functions.add(name)
    for (const name of relations) onServers.relations.add(name)

    test('has no function that nobody reviewed', () => {
      assert.ok(functions.size > 2300)
      assert.deepEqual(missing(functions, FUNCTIONS), [])
    })
    test('has no relation that nobody reviewed', () => {
      assert.ok(relations.size > 180)
      assert.deepEqual(missing(relations, RELATIONS), [])
    })
  })
}

test('the tables name nothing that no server has', () => {
  assert.deepEqual(missing(FUNCTIONS, onServers.functions), [])
  assert.deepEqual(missing(RELATIONS, onServers.relations), [])
})

function missing(names: ReadonlySet<string>, from: ReadonlySet<string>): readonly string[] {
  return [...names].filter((name) => !from.has(name))
}
