import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { parse } from 'yaml'
import { readKinds } from './definitions.ts'
import { generated } from './generate.ts'
import type { Schema } from './schema.ts'
import { typesOf } from './types-source.ts'
import { Validator } from './validate.ts'

const kinds = readKinds()

describe('every schema', () => {
  for (const { kind, schema } of kinds) {
    test(`${kind} describes every field, because kubectl explain is the manual`, () => {
      const silent = [...fields(schema)].filter(
        ([path, field]) => path !== 'metadata' && !field.description?.endsWith('.'),
      )
      assert.deepEqual(
        silent.filter(([path]) => !path.endsWith('{}')).map(([path]) => path),
        [],
      )
    })

    test(`${kind} bounds every list, map and text`, () => {
      const open = [...fields(schema)].filter(([path, field]) => path !== 'metadata' && !isBounded(path, field))
      assert.deepEqual(
        open.map(([path]) => path),
        [],
      )
    })

    test(`${kind} names its defaults in the descriptions`, () => {
      const untold = [...fields(schema)].filter(
        ([, { default: value, description }]) =>
          value !== undefined && typeof value !== 'object' && !description?.includes(`Default ${String(value)}.`),
      )
      assert.deepEqual(
        untold.map(([path]) => path),
        [],
      )
    })

    test(`the example of ${kind} is accepted`, () => {
      const text = readFileSync(new URL(`${kind.toLowerCase()}/example.yaml`, import.meta.url), 'utf8')
      assert.deepEqual(new Validator(kinds).validate(parse(text))?.faults, [])
    })
  }
})

test('what ClusterAccessPolicy shares with AccessPolicy is the same', () => {
  const spec = (kind: string) => kinds.find((one) => one.kind === kind)?.schema.properties?.['spec']?.properties ?? {}
  for (const field of ['mode', 'suspend', 'windows', 'rules', 'masking', 'limits', 'recording']) {
    assert.deepEqual(spec('ClusterAccessPolicy')[field], spec('AccessPolicy')[field], field)
    assert.notEqual(spec('AccessPolicy')[field], undefined)
  }
})

test('generated files are up to date (node crds/generate.ts writes them)', () => {
  for (const [name, wanted] of Object.entries(generated(kinds))) {
    assert.ok(readFileSync(new URL(name, import.meta.url), 'utf8') === wanted, `${name} is out of date`)
  }
})

test('two different shapes never share an interface', () => {
  const shape = (field: string): Schema => ({ type: 'object', properties: { [field]: { type: 'string' } } })
  const kind = (name: string, field: string) =>
    ({
      kind: name,
      apiVersion: 'v1',
      scope: 'Namespaced',
      schema: { properties: { spec: { type: 'object', properties: { approval: shape(field) } } } },
    }) as const
  const types = typesOf([kind('A', 'x'), kind('B', 'x'), kind('C', 'y')])
  assert.equal(types.match(/interface \w*Approval /g)?.length, 2)
  assert.match(types, /interface CApproval {\n {2}readonly y\?: string/)
})

function* fields(schema: Schema, path = ''): Generator<[string, Schema]> {
  for (const [name, inner] of Object.entries(schema.properties ?? {})) {
    const at = path === '' ? name : `${path}.${name}`
    yield [at, inner]
    yield* fields(inner, at)
  }
  if (schema.items) {
    yield [`${path}[]`, schema.items]
    yield* fields(schema.items, `${path}[]`)
  }
  if (schema.additionalProperties) yield [`${path}{}`, schema.additionalProperties]
}

function isBounded(path: string, field: Schema): boolean {
  if (['apiVersion', 'kind'].includes(path)) return true
  if (field.type === 'array') return field.maxItems !== undefined
  if (field.type === 'string') return (field.maxLength ?? field.enum ?? field.format) !== undefined
  if (field.type === 'object') return (field.properties ?? field.maxProperties) !== undefined
  if (field['x-kubernetes-int-or-string']) return field.maxLength !== undefined && field.maximum !== undefined
  return true
}
