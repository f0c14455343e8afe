import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { parseDuration } from './duration.ts'
import { parseQuantity } from './quantity.ts'

const QUANTITIES: readonly (readonly [number | string, number])[] = [
  [0, 0],
  [10_000, 10_000],
  ['0', 0],
  ['100k', 100_000],
  ['1Mi', 1_048_576],
  ['3M', 3_000_000],
  ['2Gi', 2_147_483_648],
  ['1T', 1e12],
  ['999999999999Ti', Number.MAX_SAFE_INTEGER],
]
const NOT_QUANTITIES = [
  '',
  'k',
  '-1',
  '1.5',
  '1e3',
  '1K',
  '1mi',
  '10m',
  ' 1',
  '1 ',
  '1ki',
  '0x10',
  -1,
  1.5,
  Number.NaN,
  2 ** 60,
]

const DURATIONS: Readonly<Record<string, number>> = {
  '1s': 1,
  '90s': 90,
  '10m': 600,
  '1h': 3600,
  '1h30m': 5400,
  '1h0m1s': 3601,
  '5m30s': 330,
  '99999h': 359_996_400,
}
const NOT_DURATIONS = [
  '',
  '0s',
  '10',
  's',
  '1d',
  '1.5h',
  '-1h',
  '1m1h',
  '1h1h',
  '05m',
  '1h 5m',
  '1ms',
  '100000h',
  '1h100m',
]

describe('quantities', () => {
  for (const [text, value] of QUANTITIES) test(`${text} is ${value}`, () => assert.equal(parseQuantity(text), value))
  for (const text of NOT_QUANTITIES) {
    test(`${JSON.stringify(text)} is none, and the error says what is`, () =>
      assert.throws(() => parseQuantity(text), /whole number, 0 or more/))
  }
  test('a larger number is a larger quantity, whatever the suffix', () => {
    const suffix = fc.constantFrom('', 'k', 'M', 'G', 'Ki', 'Mi', 'Gi')
    fc.assert(
      fc.property(fc.nat(99_999), fc.nat(99_999), suffix, (a, b, unit) => {
        assert.equal(Math.sign(parseQuantity(`${a}${unit}`) - parseQuantity(`${b}${unit}`)), Math.sign(a - b))
      }),
    )
  })
})

describe('durations', () => {
  for (const [text, seconds] of Object.entries(DURATIONS))
    test(`${text} is ${seconds} s`, () => assert.equal(parseDuration(text), seconds))
  for (const text of NOT_DURATIONS) {
    test(`${JSON.stringify(text)} is none, and the error says what is`, () =>
      assert.throws(() => parseDuration(text), /hours, minutes, seconds/))
  }
})
