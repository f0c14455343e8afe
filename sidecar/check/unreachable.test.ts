import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Rule } from '#crds/types.gen.ts'
import { rule, table } from './testing/rules.ts'
import { firstThatHides } from './unreachable.ts'

const HIDDEN: Readonly<Record<string, readonly [earlier: Rule, later: Rule, hidden: boolean]>> = {
  'everything hides everything': [rule('Allow'), rule('Deny'), true],
  'the same verbs': [rule('Allow', { verbs: ['a', 'b'] }), rule('Deny', { verbs: ['b'] }), true],
  'one verb more is reached': [rule('Allow', { verbs: ['a'] }), rule('Deny', { verbs: ['a', 'b'] }), false],
  'any verb is more than some': [rule('Allow', { verbs: ['a'] }), rule('Deny'), false],
  'verbs and effects say different things': [
    rule('Allow', { verbs: ['a'] }),
    rule('Deny', { effects: ['Read'] }),
    false,
  ],
  'a condition may be false': [rule('Allow', { condition: 'facts.x' }), rule('Deny'), false],
  'a window may be closed': [rule('Allow', { during: ['w'] }), rule('Deny'), false],
  'a rule in Audit mode is skipped': [rule('Allow', {}, 'Audit'), rule('Deny'), false],
  'a hidden rule may itself have a condition': [rule('Allow'), rule('Deny', { condition: 'facts.x' }), true],
  'every name of a kind hides some': [
    rule('Allow', { objects: [{ kind: 'table' }] }),
    rule('Allow', table('a.b')),
    true,
  ],
  'another kind is reached': [rule('Allow', { objects: [{ kind: 'view' }] }), rule('Allow', table('a.b')), false],
  'a pattern hides what it matches': [rule('Deny', table('public.*')), rule('Deny', table('public.orders')), true],
  'a pattern does not cross a dot': [rule('Deny', table('*')), rule('Deny', table('public.orders')), false],
  'a pattern hides a narrower pattern only if it is the whole segment': [
    rule('Deny', table('public.*')),
    rule('Deny', table('public.o*')),
    true,
  ],
  'a prefix pattern hides its names': [rule('Deny', table('public.ord*')), rule('Deny', table('public.orders')), true],
  'a prefix pattern does not hide others': [
    rule('Deny', table('public.ord*')),
    rule('Deny', table('public.users')),
    false,
  ],
  'Deny also matches what stands on the objects, which Allow does not hide': [
    rule('Allow', table('a.b')),
    rule('Deny', table('a.b')),
    false,
  ],
  'Deny hides Allow on the same objects': [rule('Deny', table('a.b')), rule('Allow', table('a.b')), true],
  'a rule for effects at large does not reach code that nobody reviewed': [
    rule('Allow', { effects: ['Admin'] }),
    rule('Allow', { effects: ['Admin'], objects: [{ kind: 'function', names: ['public.f'] }] }),
    false,
  ],
  'a rule without objects is more than one with them': [rule('Deny', table('a.b')), rule('Deny'), false],
}

describe('an earlier rule hides a later one', () => {
  for (const [sentence, [earlier, later, hidden]] of Object.entries(HIDDEN)) {
    test(sentence, () => assert.equal(firstThatHides([earlier, later], 1) === earlier, hidden))
  }
  test('never itself, never an earlier one', () => {
    assert.equal(firstThatHides([rule('Allow'), rule('Allow')], 0), undefined)
  })
})
