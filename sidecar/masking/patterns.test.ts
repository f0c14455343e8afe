import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseColumnPattern, segmentMatcher } from './patterns.ts'

const COLUMNS: Readonly<
  Record<string, readonly [pattern: string, column: readonly [string, string, string], matches: boolean]>
> = {
  'a name matches itself': ['public.customers.ssn', ['public', 'customers', 'ssn'], true],
  'case matters, as in the catalog': ['public.customers.ssn', ['public', 'customers', 'SSN'], false],
  'a whole segment may be anything': ['public.*.email', ['public', 'orders', 'email'], true],
  'the column must still match': ['public.*.email', ['public', 'orders', 'email2'], false],
  'an asterisk at the end': ['public.customers.email*', ['public', 'customers', 'email_backup'], true],
  'an asterisk stands for nothing too': ['public.customers.email*', ['public', 'customers', 'email'], true],
  'an asterisk never spans a dot': ['*.email.x', ['public.customers', 'mail', 'x'], false],
  'a name with a dot is reached by an asterisk': ['*.t.c', ['odd.schema', 't', 'c'], true],
}

for (const [sentence, [pattern, column, matches]] of Object.entries(COLUMNS)) {
  test(sentence, () => assert.equal(parseColumnPattern(pattern)?.matches(...column), matches))
}

for (const text of ['', 'ssn', 'customers.ssn', 'a.b.c.d', 'a..c', '.b.c']) {
  test(`"${text}" is no column pattern`, () => assert.equal(parseColumnPattern(text), undefined))
}

const SEGMENTS: Readonly<Record<string, readonly [segment: string, name: string, matches: boolean]>> = {
  'pieces in order': ['a*b*c', 'aXbYc', true],
  'pieces out of order': ['a*b*c', 'aXcYb', false],
  'first and last may not overlap': ['aba*aba', 'ababa', false],
  'a middle piece may not reach into the last': ['a*bc*c', 'abc', false],
  'several asterisks together': ['a**c', 'ac', true],
}

for (const [sentence, [segment, name, matches]] of Object.entries(SEGMENTS)) {
  test(sentence, () => assert.equal(segmentMatcher(segment)(name), matches))
}

test('a pattern made to backtrack does not', () => {
  assert.equal(segmentMatcher(`${'*a'.repeat(200)}*b`)('a'.repeat(100_000)), false)
})
