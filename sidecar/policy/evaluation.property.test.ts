// Properties of the evaluation over random policies and actions, and a second implementation as judge: `literally` below
// says what the documentation says, one sentence after the other, with no cache and no cleverness.
import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import fc from 'fast-check'
import type { AccessPolicy, Rule } from '#crds/types.gen.ts'
import type { Action, Effect, FactValue, Part } from '#sidecar/action.ts'
import { compilePolicies } from './compile.ts'
import { permitFor } from './permit.ts'
import { actionOf } from './testing/cases.ts'
import { policiesFrom } from './testing/policies.ts'
import { PROTOCOL, VOCABULARIES } from './testing/vocabulary.ts'
import type { Decision, Verdict } from './verdict.ts'

const AGENT = { namespace: 'agents', serviceAccount: 'x', labels: {}, namespaceLabels: {} }
const CONNECTION = { namespace: 'data', name: 'orders-db', labels: {}, protocol: PROTOCOL }
const NOW = { now: Date.parse('2026-01-07T12:00:00Z'), session: {} }

let template: AccessPolicy

before(() => {
  const { accessPolicies } = policiesFrom(`
kind: AccessPolicy
metadata: {name: template, namespace: data}
spec: {agents: {namespaces: [agents]}, connections: [orders-db], rules: []}`)
  const [first] = accessPolicies
  assert.ok(first)
  template = first
})

describe('evaluation', () => {
  test('agrees with the documentation, read literally; the second time, from memory, too', () => {
    fc.assert(
      fc.property(policies, action, (made, asked) => {
        const pair = pairOf(made)
        for (let i = 0; i < 2; i++) {
          const decision = now(pair.decide(asked, NOW))
          assert.equal(decision.verdict, literally(made, asked))
          assert.equal(permitFor(decision, asked) !== undefined, decision.verdict === 'Allow')
        }
      }),
      { numRuns: 500 },
    )
  })

  test('the order of policies and of parts does not matter', () => {
    fc.assert(
      fc.property(policies, action, (made, asked) => {
        const { verdict, shadows } = decide(made, asked)
        const turned = decide(made.toReversed(), actionOf(asked.shape.parts.toReversed(), { facts: asked.shape.facts }))
        assert.equal(turned.verdict, verdict)
        assert.deepEqual(turned.shadows.map(named).toSorted(), shadows.map(named).toSorted())
      }),
    )
  })

  test('adding a Deny rule anywhere never widens', () => {
    fc.assert(
      fc.property(policies, action, rule, fc.nat(), fc.nat(), (made, asked, added, which, where) => {
        const stricter = made.map((policy, index) => {
          if (index !== which % made.length) return policy
          return { ...policy, rules: policy.rules.toSpliced(where % (policy.rules.length + 1), 0, deny(added)) }
        })
        assert.ok(!stricterThan(decide(made, asked).verdict, decide(stricter, asked).verdict))
      }),
    )
  })

  test('another policy without Allow rules never widens', () => {
    fc.assert(
      fc.property(policies, action, fc.array(rule, { maxLength: 3 }), (made, asked, rules) => {
        const more = [...made, { mode: 'Enforce' as const, rules: rules.map(deny) }]
        assert.ok(!stricterThan(decide(made, asked).verdict, decide(more, asked).verdict))
      }),
    )
  })

  test('a policy in Audit mode changes nothing that other policies deny or want approved', () => {
    fc.assert(
      fc.property(policies, policy, action, (made, added, asked) => {
        const enforced = made.filter(({ mode }) => mode === 'Enforce')
        const before = enforced.map((each) => voteOf(each.rules, asked)).filter((vote) => vote !== undefined)
        const { verdict } = decide([...enforced, { ...added, mode: 'Audit' }], asked)
        for (const vote of before) assert.ok(!stricterThan(vote, verdict))
      }),
    )
  })

  test('what was not understood is denied', () => {
    fc.assert(
      fc.property(policies, action, (made, asked) => {
        const parts = [...asked.shape.parts, { verb: 'unknown', effect: 'Unknown' as const, covers: [], columns: [] }]
        assert.equal(decide(made, actionOf(parts, { facts: asked.shape.facts })).verdict, 'Deny')
      }),
    )
  })

  test('facts of the text and facts of the call decide alike', () => {
    fc.assert(
      fc.property(policies, action, (made, asked) => {
        const called = { ...asked, shape: { ...asked.shape, facts: {} }, facts: asked.shape.facts }
        assert.equal(decide(made, called).verdict, decide(made, asked).verdict)
      }),
    )
  })
})

interface Made {
  readonly mode: 'Enforce' | 'Audit'
  readonly rules: readonly Rule[]
}

const VERBS = ['select', 'delete', 'drop', 'begin'] as const
const NAMES = ['public.a', 'public.b', 'hr.a'] as const
const PATTERNS = ['public.*', 'hr.a', '*.a', 'public.b', '*'] as const
/** With what each gives for the facts that actions here have. */
const CONDITIONS: Readonly<Record<string, (facts: Readonly<Record<string, FactValue>>) => boolean | 'fault'>> = {
  'facts.hasWhere': ({ hasWhere }) => (typeof hasWhere === 'boolean' ? hasWhere : 'fault'),
  '!facts.hasWhere || facts.limit > 10': ({ hasWhere, limit }) => {
    if (hasWhere === false) return true
    if (typeof limit === 'number' && limit > 10) return true
    return typeof hasWhere !== 'boolean' || typeof limit !== 'number' ? 'fault' : false
  },
  'has(facts.limit)': ({ limit }) => limit !== undefined,
  "now > timestamp('2030-01-01T00:00:00Z')": () => false,
  'session.nothing == 1': () => 'fault',
}

const some = <T>(values: readonly T[]) => fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: 2 })

const rule: fc.Arbitrary<Rule> = fc
  .record({
    action: fc.constantFrom('Allow', 'Allow', 'Deny', 'RequireApproval'),
    mode: fc.constantFrom('Enforce', 'Enforce', 'Enforce', 'Audit'),
    match: fc.record(
      {
        verbs: some(VERBS),
        effects: some(['Read', 'Write', 'Admin', 'Session'] as const),
        objects: fc.array(
          fc.record({ kind: fc.constantFrom('table', 'function'), names: some(PATTERNS) }, { requiredKeys: ['kind'] }),
          { minLength: 1, maxLength: 2 },
        ),
        condition: fc.constantFrom(...Object.keys(CONDITIONS)),
      },
      { requiredKeys: [] },
    ),
  })
  .map((made) => ({ ...made, name: 'r', approval: { approvers: { groups: ['g'] }, quorum: 1, timeout: '1m' } }))

const policy: fc.Arbitrary<Made> = fc.record({
  mode: fc.constantFrom('Enforce', 'Enforce', 'Audit'),
  rules: fc.array(rule, { maxLength: 4 }).map((rules) => rules.map((each, i) => ({ ...each, name: `r${i}` }))),
})
const policies = fc.array(policy, { minLength: 1, maxLength: 3 })

const object = fc.record({ kind: fc.constantFrom('table', 'function'), name: fc.constantFrom(...NAMES) })
const part: fc.Arbitrary<Part> = fc.record(
  {
    verb: fc.constantFrom(...VERBS),
    effect: fc.constantFrom<Effect>('Read', 'Write', 'Admin', 'Session', 'Read', 'Read', 'Unknown'),
    object,
    covers: fc.array(object, { maxLength: 2 }),
    columns: fc.constant([]),
  },
  { requiredKeys: ['verb', 'effect', 'covers', 'columns'] },
)
const facts = fc.record(
  { hasWhere: fc.boolean(), limit: fc.oneof(fc.integer({ min: 5, max: 15 }), fc.constant(null)) },
  { requiredKeys: [] },
)
const action: fc.Arbitrary<Action> = fc
  .tuple(fc.array(part, { minLength: 1, maxLength: 3 }), facts)
  .map(([parts, known]) => actionOf(parts, { facts: { ...known } }))

function literally(made: readonly Made[], { shape }: Action): Verdict {
  const verdicts = shape.parts.map((each) => {
    if (each.effect === 'Unknown') return 'Deny'
    const votes = made.map(({ mode, rules }) => (mode === 'Audit' ? 'Allow' : partVote(rules, each, shape.facts)))
    const cast = votes.filter((vote) => vote !== undefined)
    if (cast.length === 0) return each.effect === 'Session' ? 'Allow' : 'Deny'
    return strictest(cast)
  })
  return strictest(verdicts)
}

/** Strictest over the parts of what one policy's rules say; undefined if they say nothing. */
function voteOf(rules: readonly Rule[], { shape }: Action): Verdict | undefined {
  const votes = shape.parts.map((each) => partVote(rules, each, shape.facts)).filter((vote) => vote !== undefined)
  return votes.length === 0 ? undefined : strictest(votes)
}

function partVote(rules: readonly Rule[], each: Part, known: Action['facts']): Verdict | undefined {
  return rules.find((one) => one.mode === 'Enforce' && matches(one, each, known))?.action
}

function matches({ match, action: does }: Rule, each: Part, known: Action['facts']): boolean {
  const { verbs, effects, objects, condition } = match
  if (verbs && !verbs.includes(each.verb)) return false
  if (effects && !effects.some((effect) => effect === each.effect)) return false
  if (objects) {
    if (!each.object) return false
    const looked = does === 'Deny' ? [each.object, ...each.covers] : [each.object]
    const hit = objects.some(({ kind, names }) =>
      looked.some((one) => one.kind === kind && (!names || names.some((name) => fits(name, one.name)))),
    )
    if (!hit) return false
  }
  if (condition === undefined) return true
  const result = CONDITIONS[condition]?.(known)
  return result === 'fault' ? does !== 'Allow' : result === true
}

function fits(pattern: string, name: string): boolean {
  return new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '[^.]*')}$`).test(name)
}

const ORDER: readonly Verdict[] = ['Allow', 'RequireApproval', 'Deny']

function strictest(verdicts: readonly Verdict[]): Verdict {
  return verdicts.reduce((a, b) => (stricterThan(b, a) ? b : a), 'Allow')
}

function stricterThan(a: Verdict, b: Verdict): boolean {
  return ORDER.indexOf(a) > ORDER.indexOf(b)
}

function deny(from: Rule): Rule {
  return { ...from, action: 'Deny', name: 'added' }
}

function pairOf(made: readonly Made[]) {
  const accessPolicies = made.map(({ mode, rules }, index) => {
    const name = `p${index}-${rules.length}`
    return { ...template, metadata: { name, namespace: 'data' }, spec: { ...template.spec, mode, rules } }
  })
  const set = compilePolicies({ accessPolicies, clusterAccessPolicies: [], invalid: new Map() }, VOCABULARIES)
  return set.pair(AGENT, CONNECTION)
}

function decide(made: readonly Made[], asked: Action): Decision {
  return now(pairOf(made).decide(asked, NOW))
}

function now(decided: Decision | Promise<Decision>): Decision {
  assert.ok(!(decided instanceof Promise))
  return decided
}

function named({ verdict, rule: name }: Decision['shadows'][number]): string {
  return `${verdict} ${name}`
}
