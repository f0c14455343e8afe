import assert from 'node:assert/strict'
import { test } from 'node:test'
import { viewOf } from '#contracts/recording/frame.ts'
import { FORM, INTENT_BYTES, readIntent, writeIntent } from '#contracts/recording/payload.ts'
import { Digester, SHORT_DATA } from './digest.ts'
import { Digests } from './digests.ts'

const key = Buffer.alloc(32, 9)
const judge = new Digester(key)

/** What the intent at `at` says, and what it has to say of this text and these parameters. */
function both(buffer: Buffer, at: number, text: string, parameters: string): [unknown, unknown] {
  const { textDigest, parametersDigest } = readIntent(buffer.subarray(at, at + INTENT_BYTES))
  const values = parameters === '' ? Buffer.alloc(32) : Buffer.from(judge.parameters(Buffer.from(parameters)), 'latin1')
  const wanted = [Buffer.from(judge.text(text), 'latin1').toString('hex'), values.toString('hex')]
  return [[textDigest, parametersDigest], wanted]
}

const CASES: Readonly<
  Record<string, readonly [count: number, text: (n: number) => string, values: (n: number) => string]>
> = {
  'one intent': [1, () => 'select 1', () => 'one'],
  'one without parameters': [1, () => 'select 1', () => ''],
  'more than wait at once': [1000, (n) => `select ${n}`, (n) => String(n)],
  'parameters that do not fit together': [
    20,
    () => 'select $1',
    (n) => String.fromCharCode(97 + n).repeat(SHORT_DATA - n),
  ],
  'long texts between short ones': [10, (n) => 'x'.repeat(n % 2 === 0 ? 5 : SHORT_DATA + n), (n) => String(n)],
  'long parameters between short ones': [10, () => 'select $1', (n) => 'y'.repeat(n % 2 === 0 ? 5 : SHORT_DATA + n)],
}
for (const [what, [count, text, values]] of Object.entries(CASES)) {
  test(`every intent has its digests in the end: ${what}`, () => {
    const digests = new Digests(new Digester(key))
    const buffer = Buffer.alloc(count * INTENT_BYTES, 0xaa)
    const holder = { view: viewOf(buffer) }
    const given = Buffer.alloc(2 * SHORT_DATA)
    for (let n = 0; n < count; n++) {
      // The memory that parameters come in is used again at once.
      const length = given.write(values(n))
      writeIntent(holder.view, n * INTENT_BYTES, n, 0, 0, 0, 0, FORM.redacted)
      digests.later(holder, n * INTENT_BYTES, text(n), given.subarray(0, length))
      given.fill(0)
    }
    digests.run()
    for (let n = 0; n < count; n++) {
      const [found, wanted] = both(buffer, n * INTENT_BYTES, text(n), values(n))
      assert.deepEqual(found, wanted, `intent ${n}`)
    }
  })
}

test('a journal that grew meanwhile is written where it is now', () => {
  const digests = new Digests(new Digester(key))
  const small = Buffer.alloc(INTENT_BYTES)
  const holder = { view: viewOf(small) }
  digests.later(holder, 0, 'select 1', Buffer.from('one'))
  const larger = Buffer.alloc(2 * INTENT_BYTES)
  holder.view = viewOf(larger)
  digests.run()
  const [found, wanted] = both(larger, 0, 'select 1', 'one')
  assert.deepEqual(found, wanted)
  assert.ok(small.every((byte) => byte === 0))
})

test('after an outcome nothing is digested before a run is worth its while', () => {
  const digests = new Digests(new Digester(key))
  const buffer = Buffer.alloc(16 * INTENT_BYTES)
  const holder = { view: viewOf(buffer) }
  const digested: boolean[] = []
  for (let n = 0; n < 16; n++) {
    digests.later(holder, n * INTENT_BYTES, 'select 1', Buffer.alloc(0))
    digests.runIfWorthwhile()
    digested.push(buffer.some((byte) => byte !== 0))
  }
  assert.deepEqual(digested, [...Array(15).fill(false), true])
})
