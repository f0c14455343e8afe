import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Match, Rule } from '#crds/types.gen.ts'
import { firstThatAllows, halfRefused, onlyHeld, type Words } from './loopholes.ts'
import { rule, table } from './testing/rules.ts'

const words: Words = {
  effectsOf: { select: ['Read'], update: ['Write'], delete: ['Write'], drop: ['Admin'] },
  alike: [
    { verbs: ['select', 'copy'], kinds: ['table'], effect: 'Read', what: 'reads rows' },
    { verbs: ['insert', 'copy'], kinds: ['table'], effect: 'Write', what: 'adds rows' },
    { verbs: ['delete', 'truncate'], kinds: ['table'], effect: 'Write', what: 'takes rows away' },
  ],
}
const READ: Match = { effects: ['Read'] }
const BULK: Match = { verbs: ['update', 'delete'], condition: '!facts.hasWhere' }

const ALLOWED: Readonly<Record<string, readonly [earlier: Rule, later: Rule, allowed: boolean]>> = {
  'a broad Allow takes a table’s reads': [rule('Allow', READ), rule('Deny', table('hr.*')), true],
  'and its select': [rule('Allow', READ), rule('Deny', { verbs: ['select'], ...table('hr.*') }), true],
  'not its deletes': [rule('Allow', READ), rule('Deny', { verbs: ['delete'], ...table('hr.*') }), false],
  'an Allow of select takes reads': [
    rule('Allow', { verbs: ['select'] }),
    rule('Deny', { ...READ, ...table('hr.*') }),
    true,
  ],
  'an Allow of writes takes changes without WHERE': [rule('Allow', { effects: ['Write'] }), rule('Deny', BULK), true],
  'an Allow of the schema takes a table of it': [
    rule('Allow', table('public.*')),
    rule('Deny', { verbs: ['drop'], ...table('public.orders') }),
    true,
  ],
  'an approval comes too late as a Deny does': [
    rule('Allow', { effects: ['Admin'] }),
    rule('RequireApproval', { verbs: ['drop'] }),
    true,
  ],
  'an exception comes before the rule': [rule('Allow', table('hr.holidays')), rule('Deny', table('hr.*')), false],
  'of some tables, before a rule about all': [rule('Allow', table('public.orders')), rule('Deny', BULK), false],
  'a last rule that denies the rest': [rule('Allow', READ), rule('Deny'), false],
  'and one that denies the rest of some effects': [
    rule('Allow', { verbs: ['select'] }),
    rule('Deny', { effects: ['Read', 'Write'] }),
    false,
  ],
  'an Allow that may not apply': [rule('Allow', { ...READ, condition: 'facts.x' }), rule('Deny', table('a.b')), false],
  'an Allow that only watches': [rule('Allow', READ, 'Audit'), rule('Deny', table('a.b')), false],
  'a Deny that only watches': [rule('Allow', READ), rule('Deny', table('a.b'), 'Audit'), false],
  'two Allows': [rule('Allow', READ), rule('Allow', table('a.b')), false],
  'verbs of which nobody told what they do': [
    rule('Allow', READ),
    rule('Deny', { verbs: ['lock'], ...table('a.b') }),
    false,
  ],
}

describe('an earlier rule allows what a later one was to keep back', () => {
  for (const [sentence, [earlier, later, allowed]] of Object.entries(ALLOWED)) {
    test(sentence, () => assert.equal(firstThatAllows([earlier, later], 1, words) === earlier, allowed))
  }
})

const ALL = rule('Allow', { effects: ['Read', 'Write'] })
const HALF: Readonly<Record<string, readonly [rules: readonly Rule[], ...left: string[]]>> = {
  'COPY reads as SELECT does': [[rule('Deny', { verbs: ['select'], ...table('a.b') }), ALL], 'copy reads rows'],
  'and adds as INSERT does': [[rule('Deny', { verbs: ['insert'] }), ALL], 'copy adds rows'],
  'TRUNCATE has no WHERE either': [[rule('Deny', BULK), ALL], 'truncate takes rows away'],
  'an approval is got round in the same way': [
    [rule('RequireApproval', { verbs: ['delete'] }), ALL],
    'truncate takes rows away',
  ],
  'a guardrail is for what other policies allow': [[rule('Deny', { verbs: ['delete'] })], 'truncate takes rows away'],
  'both are listed': [[rule('Deny', { verbs: ['delete', 'truncate'] }), ALL]],
  'another rule has the other': [[rule('Deny', BULK), rule('Deny', { verbs: ['drop', 'truncate'] }), ALL]],
  'another rule has it for other tables': [
    [rule('Deny', { verbs: ['delete'], ...table('a.b') }), rule('Deny', { verbs: ['truncate'], ...table('a.c') }), ALL],
    'truncate takes rows away',
  ],
  'the other is not allowed': [[rule('Deny', BULK), rule('Allow', { verbs: ['update', 'delete'] })]],
  'the other is allowed on what cannot be truncated': [
    [rule('Deny', BULK), rule('Allow', { ...ALL.match, objects: [{ kind: 'view' }] })],
  ],
  'views are not copied': [[rule('Deny', { verbs: ['select'], objects: [{ kind: 'view' }] }), ALL]],
  'effects have both': [[rule('Deny', { ...READ, ...table('a.b') }), ALL]],
  'a rule that only watches': [[rule('Deny', { verbs: ['delete'] }, 'Audit'), ALL]],
}

describe('another verb does the same', () => {
  for (const [sentence, [rules, ...expected]] of Object.entries(HALF)) {
    test(sentence, () => {
      const [first = ALL] = rules
      const found = halfRefused(rules, first, words).map(({ left, what }) => `${left} ${what}`)
      assert.deepEqual(found, expected)
    })
  }
})

const schema = (match: Match = {}): Match => ({ ...match, objects: [{ kind: 'schema', names: ['hr'] }] })
const HELD: Readonly<Record<string, readonly [rule: Rule, held: boolean]>> = {
  'denying a schema denies none of its tables': [rule('Deny', schema()), true],
  'nor their reads': [rule('Deny', schema(READ)), true],
  'whoever lists verbs means the schema': [rule('Deny', schema({ verbs: ['drop', 'create'] })), false],
  'or what is Admin': [rule('Deny', schema({ effects: ['Admin'] })), false],
  'its tables are named too': [
    rule('Deny', { objects: [{ kind: 'schema', names: ['hr'] }, ...(table('hr.*').objects ?? [])] }),
    false,
  ],
  'an Allow is missed soon': [rule('Allow', schema()), false],
}

describe('a rule is about what holds the thing, not about the thing', () => {
  for (const [sentence, [one, held]] of Object.entries(HELD)) {
    test(sentence, () => assert.equal(onlyHeld(one, { schema: 'table' }).length === 1, held))
  }
})
