import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Tentative } from './tentative.ts'

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
    const map = new Tentative<string>()
    const answered: ((failed: boolean) => void)[] = []
    for (const step of script.split(' ')) {
      const number = Number(step.slice(1)) - 1
      if (step.startsWith('!')) answered[number]?.(true)
      else if (step.startsWith('+')) answered[number]?.(false)
      else answered.push(map.set('a', step.endsWith('-') ? undefined : step.slice(2)))
    }
    assert.equal(map.get('a'), expected)
    assert.deepEqual(map.values(), expected === undefined ? [] : [expected])
  })
}

test('names that came and went take no room', () => {
  const map = new Tentative<number>()
  for (let n = 0; n < 100; n++) {
    map.set(`${n}`, n)(n % 2 === 0)
    map.set(`${n}`, undefined)(false)
  }
  assert.equal(map.size, 0)
})
