import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fieldSteps } from './field-path.ts'
import { type DocumentPath, remaining } from './field-reach.ts'
import { FieldFinder } from './fields.ts'

/** What is left: `whole`, `nothing`, or how the pattern goes on. */
const REST: readonly (readonly [pattern: string, path: DocumentPath, rest: string])[] = [
  ['$.a', [], 'a'],
  ['$.a', ['a'], 'whole'],
  ['$.a', ['a', 'b', 3], 'whole'],
  ['$.a', ['b'], 'nothing'],
  ['$.a', [0], 'nothing'],
  ['$.a', [null], 'whole'],
  ['$.a.b', ['a'], 'b'],
  ['$.a.b', ['b'], 'nothing'],
  ['$.a.b', [null], 'b'],
  ['$.*', ['anything'], 'whole'],
  ['$.*', [0], 'nothing'],
  ['$[*].p', [7], 'p'],
  ['$[*].p', ['7'], 'p'],
  ['$[*].p', ['p'], 'nothing'],
  ['$[3]', [3], 'whole'],
  ['$[3]', ['3'], 'whole'],
  ['$[3]', [' +3'], 'whole'],
  ['$[0]', ['-0'], 'whole'],
  ['$[3]', ['3 '], 'nothing'],
  ['$[3]', ['0x3'], 'nothing'],
  ['$[3]', [4], 'nothing'],
  // From the end: which one that is depends on the array.
  ['$[3]', [-1], 'whole'],
  ['$[3]', ['-4'], 'whole'],
  ["$['3']", ['3'], 'whole'],
  ["$['3']", [3], 'nothing'],
  ['$..a', ['x', 'y'], '..a'],
  ['$..a', ['x', 'a'], 'whole'],
  ['$..a.b', ['a'], '..a.b or b'],
  ['$.x..a', ['y'], 'nothing'],
]

for (const [pattern, path, rest] of REST) {
  test(`${pattern} at ${JSON.stringify(path)}: ${rest}`, () => {
    const found = remaining(fieldSteps(pattern), path).map((steps) =>
      steps.length === 0
        ? 'whole'
        : steps.map((step) => (step.kind === 'key' ? `${step.anywhere ? '..' : ''}${step.key}` : '?')).join('.'),
    )
    assert.equal(found.join(' or ') || 'nothing', rest)
  })
}

// No keys that read as an index: of those it is not known which they are.
const key = fc.constantFrom('a', 'b', 'c')
const step = fc.oneof(fc.constantFrom('.a', '.b', ".['0']".slice(1), '..a', '.*', '[*]', '[0]', '[1]'))
const document = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(1, 'x', null),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(key, tie('value'), { maxKeys: 3 }),
  ),
})).value

test('what is found in a part is what is found there in the whole document', () => {
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 1, maxLength: 3 }),
      document,
      fc.array(fc.nat(2), { maxLength: 3 }),
      (steps, root, way) => {
        const pattern = fieldSteps(`$${steps.join('')}`)
        const { path, value } = walk(root, way)
        const before = fieldsIn(root, [pattern])
        const within = fieldsIn(value, remaining(pattern, path))
        const name = JSON.stringify(path).slice(1, -1)
        // Of a match above the part only that is known: the part is wholly inside it.
        const expected = before
          .filter((at) => covers(at, path) || covers(path, at))
          .map((at) => (covers(at, path) ? name : JSON.stringify(at).slice(1, -1)))
        const actual = within.map((at) => JSON.stringify([...path, ...at]).slice(1, -1))
        assert.deepEqual(new Set(actual), new Set(expected))
      },
    ),
  )
})

function walk(root: unknown, way: readonly number[]): { readonly path: DocumentPath; readonly value: unknown } {
  const path: (string | number)[] = []
  let value = root
  for (const turn of way) {
    const children: readonly [string | number, unknown][] = Array.isArray(value)
      ? value.map((child, index) => [index, child])
      : typeof value === 'object' && value !== null
        ? Object.entries(value)
        : []
    const chosen = children[turn % Math.max(1, children.length)]
    if (chosen === undefined) break
    path.push(chosen[0])
    value = chosen[1]
  }
  return { path, value }
}

function covers(above: DocumentPath, below: DocumentPath): boolean {
  return above.length <= below.length && above.every((step, index) => step === below[index])
}

/** Where the finder, which knows nothing of paths, finds the patterns: by marking each place of the document. */
function fieldsIn(value: unknown, patterns: readonly ReturnType<typeof fieldSteps>[]): readonly DocumentPath[] {
  const bytes = Buffer.from(JSON.stringify(value))
  const places = new Map<number, DocumentPath>()
  place(value, [], 0, places)
  const masks = patterns.map((steps) => ({ steps, strategy: 'Redact' as const }))
  return (new FieldFinder(masks).find(bytes, 0, bytes.length) ?? []).map(({ start }) => places.get(start) ?? ['?'])
}

/** Byte offsets of all values of the document as JSON.stringify writes it; returns the value's length. */
function place(value: unknown, path: DocumentPath, at: number, places: Map<number, DocumentPath>): number {
  places.set(at, path)
  if (typeof value !== 'object' || value === null) return JSON.stringify(value).length
  let end = at + 1
  const list = Array.isArray(value)
  for (const [name, child] of Object.entries(value)) {
    if (end > at + 1) end += 1
    if (!list) end += JSON.stringify(name).length + 1
    end += place(child, [...path, list ? Number(name) : name], end, places)
  }
  return end + 1 - at
}
