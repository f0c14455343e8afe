import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { isRecord } from '../kube/object.ts'
import { canonicalJson } from './json.ts'
import { jsonPatch, type PatchOperation } from './patch.ts'

const cases: Readonly<Record<string, { before: unknown; after: unknown; patch: readonly PatchOperation[] }>> = {
  'equal documents need nothing': { before: { a: [1] }, after: { a: [1] }, patch: [] },
  'the order of members is no difference': { before: { a: 1, b: 2 }, after: { b: 2, a: 1 }, patch: [] },
  'a member that is new': { before: {}, after: { a: 1 }, patch: [{ op: 'add', path: '/a', value: 1 }] },
  'a member that goes': { before: { a: 1 }, after: {}, patch: [{ op: 'remove', path: '/a' }] },
  'a member deep inside': {
    before: { a: [{ b: 1 }] },
    after: { a: [{ b: 2 }] },
    patch: [{ op: 'replace', path: '/a/0/b', value: 2 }],
  },
  'a list of another length is replaced whole': {
    before: { a: [1] },
    after: { a: [0, 1] },
    patch: [{ op: 'replace', path: '/a', value: [0, 1] }],
  },
  'names with slashes and tildes': {
    before: {},
    after: { 'sallyport.dev/a~b': '1' },
    patch: [{ op: 'add', path: '/sallyport.dev~1a~0b', value: '1' }],
  },
}

describe('a JSON Patch', () => {
  for (const [title, { before, after, patch }] of Object.entries(cases)) {
    test(title, () => assert.deepEqual(jsonPatch(before, after), patch))
  }

  test('turns any document into any other', () => {
    const document = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 })).filter((it) => !('__proto__' in it))
    fc.assert(
      fc.property(document, document, (before, after) => {
        const result = jsonPatch(before, after).reduce(applied, structuredClone(before))
        assert.equal(canonicalJson(result), canonicalJson(after))
      }),
    )
  })
})

/** RFC 6902, the three operations that are used. */
function applied(document: unknown, operation: PatchOperation): unknown {
  const steps = operation.path
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
  const last = steps.pop()
  if (last === undefined) return operation.op === 'remove' ? undefined : operation.value
  const copy: unknown = structuredClone(document)
  const place = steps.reduce((at: unknown, step) => Reflect.get(Object(at), step), copy)
  if (!isRecord(place) && !Array.isArray(place)) throw new Error(`${operation.path} leads nowhere`)
  if (operation.op === 'remove') Reflect.deleteProperty(place, last)
  else
    Reflect.defineProperty(place, last, {
      value: operation.value,
      enumerable: true,
      configurable: true,
      writable: true,
    })
  return copy
}
