// Costly facts: asked only if the verdict depends on them, and then the verdict is the one it would have been had they
// been known from the start.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { AccessPolicy, Rule } from '#crds/types.gen.ts'
import { compilePolicies } from './compile.ts'
import { fetchCostly } from './costly.ts'
import { actionOf, partOf } from './testing/cases.ts'
import { policiesFrom } from './testing/policies.ts'
import { PROTOCOL, VOCABULARIES } from './testing/vocabulary.ts'

const AGENT = { namespace: 'agents', serviceAccount: 'x', labels: {}, namespaceLabels: {} }
const CONNECTION = { namespace: 'data', name: 'orders-db', labels: {}, protocol: PROTOCOL }
const NOW = { now: 0, session: {} }

const [TEMPLATE] = policiesFrom(`
kind: AccessPolicy
metadata: {name: template, namespace: data}
spec: {agents: {namespaces: [agents]}, connections: [orders-db], rules: []}`).accessPolicies

const rule: fc.Arbitrary<Rule> = fc
  .record({
    action: fc.constantFrom('Allow', 'Deny', 'RequireApproval'),
    mode: fc.constantFrom('Enforce', 'Enforce', 'Audit'),
    condition: fc.constantFrom(
      undefined,
      'facts.estimatedRows > 10',
      'facts.estimatedRows > 20 || facts.hasWhere',
      'facts.estimatedCost > 10 && facts.estimatedRows > 10',
      'has(facts.estimatedRows)',
      '!has(facts.estimatedCost) || facts.estimatedCost > 10',
    ),
    group: fc.constantFrom('a', 'b'),
  })
  .map(({ action, mode, condition, group }) => ({
    name: 'r',
    action,
    mode,
    match: condition === undefined ? {} : { condition },
    approval: { approvers: { groups: [group] }, quorum: 1, timeout: '1m' },
  }))

const policies = fc.array(
  fc.record({ mode: fc.constantFrom('Enforce', 'Enforce', 'Audit'), rules: fc.array(rule, { maxLength: 4 }) }),
  { minLength: 1, maxLength: 3 },
)
const value = fc.option(fc.constantFrom(5, 15, 25), { nil: undefined })

describe('costly facts', () => {
  test('the verdict is that of facts known from the start; what is not asked for could not change it', async () => {
    await fc.assert(
      fc.asyncProperty(policies, value, value, fc.boolean(), async (made, estimatedRows, estimatedCost, hasWhere) => {
        const pair = pairOf(made)
        const asked: string[] = []
        const offer = (name: string, known: number | undefined) => () => {
          asked.push(name)
          return known === undefined ? Promise.reject(new Error('no')) : Promise.resolve(known)
        }
        const costly = {
          estimatedRows: offer('estimatedRows', estimatedRows),
          estimatedCost: offer('estimatedCost', estimatedCost),
        }
        const part = partOf('select t')
        const lazy = await pair.decide(actionOf([part], { facts: { hasWhere }, costly }), NOW)
        const facts = {
          hasWhere,
          ...(estimatedRows === undefined ? {} : { estimatedRows }),
          ...(estimatedCost === undefined ? {} : { estimatedCost }),
        }
        const eager = await pair.decide(actionOf([part], { facts }), NOW)
        assert.deepEqual(essence(lazy), essence(eager))
        assert.equal(new Set(asked).size, asked.length, 'asked once')
      }),
      { numRuns: 1_000 },
    )
  })

  test('an answer that comes late, fails or does not exist is a fact that cannot be had', async () => {
    const action = actionOf([partOf('select t')], {
      costly: {
        late: () => new Promise(() => {}),
        failing: () => Promise.reject(new Error('secret detail')),
        throwing: () => {
          throw new Error('secret detail')
        },
        good: () => Promise.resolve(null),
      },
    })
    const { facts, unavailable } = await fetchCostly(
      action,
      new Set(['late', 'failing', 'throwing', 'good', 'unknown']),
    )
    assert.deepEqual([...facts], [['good', null]])
    assert.deepEqual(Object.fromEntries(unavailable), {
      late: 'no answer within 200 ms',
      failing: 'the target did not say',
      throwing: 'the target did not say',
      unknown: 'nobody can tell',
    })
  })
})

function essence({ verdict, approvals, shadows }: Awaited<ReturnType<ReturnType<typeof pairOf>['decide']>>) {
  return [verdict, approvals?.map(({ policy, rule: name }) => [policy, name]), shadows]
}

function pairOf(made: readonly { readonly mode: 'Enforce' | 'Audit'; readonly rules: readonly Rule[] }[]) {
  assert.ok(TEMPLATE)
  const template: AccessPolicy = TEMPLATE
  const accessPolicies = made.map(({ mode, rules }, index) => ({
    ...template,
    metadata: { name: `p${index}`, namespace: 'data' },
    spec: { ...template.spec, mode, rules: rules.map((each, nth) => ({ ...each, name: `r${nth}` })) },
  }))
  const set = compilePolicies({ accessPolicies, clusterAccessPolicies: [], invalid: new Map() }, VOCABULARIES)
  return set.pair(AGENT, CONNECTION)
}
