import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Awaiting } from './awaiting.ts'
import { Tentative } from './tentative.ts'

interface Entry {
  readonly text: string
  confirmed: boolean
}

const entry = (text: string): Entry => ({ text, confirmed: false })

/** `a=1` sets, `a-` removes; `!3` says that the third change failed, `+3` that it came about. */
const CASES: Readonly<Record<string, readonly [script: string, expected: string | undefined]>> = {
  'a change counts at once': ['a=1', '1'],
  'a change that came about stays': ['a=1 +1', '1'],
  'a change that failed is gone': ['a=1 !1', undefined],
  'what was there before is there again': ['a=1 +1 a=2 !2', '1'],
  'two changes taken back in order leave the one before both': ['a=1 +1 a=2 a=3 !2 !3', '1'],
  'a change on top of one that failed stays': ['a=1 +1 a=2 a=3 !2 +3', '3'],
  'a change on top of a failed one, failing later, leaves the first': ['a=1 +1 a=2 a=3 !2 a=4 !3 !4', '1'],
  'a removal counts at once': ['a=1 +1 a-', undefined],
  'a removal that failed brings it back': ['a=1 +1 a- !2', '1'],
  'a definition behind a removal that failed brings back the first': ['a=1 +1 a- a=2 !2 !3', '1'],
  'a removal that came about stays': ['a=1 +1 a- +2', undefined],
}

for (const [name, [script, expected]] of Object.entries(CASES)) {
  test(name, () => {
    for (const key of ['a', '']) {
      const map = new Tentative<Entry>()
      const changes: Awaiting[] = []
      for (const step of script.split(' ')) {
        const number = Number(step.slice(1)) - 1
        if (step.startsWith('!')) changes[number]?.answered(true)
        else if (step.startsWith('+')) changes[number]?.answered(false)
        else changes.push(map.set(key, step.endsWith('-') ? undefined : entry(step.slice(2))))
      }
      assert.equal(map.get(key)?.text, expected)
      const values = map.values().map(({ text }) => text)
      assert.deepEqual(values, expected === undefined ? [] : [expected])
    }
  })
}

test('names that came and went take no room', () => {
  const map = new Tentative<Entry>()
  for (const name of ['', ...Array.from({ length: 100 }, (_, n) => `${n}`)]) {
    map.set(name, entry(name)).answered(name.length === 1)
    map.set(name, undefined).answered(false)
  }
  assert.equal(map.size, 0)
})

test('a change that came about is confirmed, one that failed is not', () => {
  const map = new Tentative<Entry>()
  const [kept, lost] = [entry('kept'), entry('lost')]
  map.set('a', kept).answered(false)
  map.set('b', lost).answered(true)
  assert.deepEqual([kept.confirmed, lost.confirmed], [true, false])
})
