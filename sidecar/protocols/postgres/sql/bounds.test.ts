import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { SHOP } from './testing/shop.ts'
import { understand } from './understand.ts'

const many = (count: number, text: string, between: string): string => Array(count).fill(text).join(between)

const cases: { readonly [sentence: string]: readonly [string, RegExp | 'understood'] } = {
  'a long chain of operators is understood': [`select ${many(2_400, 'name', ' || ')} from archive`, 'understood'],
  'a longer one is refused before it is parsed': [
    `select ${many(2_600, 'name', ' || ')} from archive`,
    /chains more than 2500 operators/,
  ],
  'a long list is one level': [`select 1 from archive where id in (${many(10_000, '1', ', ')})`, 'understood'],
  'OR is flat': [`select 1 from archive where ${many(5_000, 'id = 1', ' or ')}`, 'understood'],
  'UNION is a chain': [many(2_400, 'select 1', ' union all '), 'understood'],
  'parentheses nest': [`select ${'('.repeat(400)}1${')'.repeat(400)}`, /nests more than 300 levels deep/],
}

describe('bounds of a text', () => {
  for (const [sentence, [text, expected]] of Object.entries(cases)) {
    test(sentence, async () => {
      const understood = await understand(text, SHOP)
      if (expected === 'understood') assert.ok(understood.ok, understood.ok ? '' : understood.reason)
      else assert.match(understood.ok ? 'understood' : understood.reason, expected)
    })
  }
})
