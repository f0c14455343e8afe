import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { Permit, permitFor } from './permit.ts'
import { parseCase, run } from './testing/cases.ts'
import { policySetFrom } from './testing/policies.ts'
import type { Decision } from './verdict.ts'

const set = policySetFrom(`
kind: AccessPolicy
metadata: {name: p, namespace: data}
spec:
  agents: {namespaces: [agents]}
  connections: [orders-db]
  rules:
  - {name: odd, match: {verbs: [delete], condition: "facts.parameters[0] == 1"}, action: Allow}
  - {name: reads, match: {effects: [Read]}, action: Allow}`)

function decided(text: string) {
  const one = parseCase(text)
  const decision = run(set, one)
  assert.ok(!(decision instanceof Promise))
  return { decision, action: one.action }
}

describe('a permit', () => {
  test('comes from Allow, and covers the action it was made for and no other', () => {
    const { decision, action } = decided('select t by agents/x')
    const permit = permitFor(decision, action)
    assert.ok(permit)
    assert.ok(permit.covers(action))
    assert.ok(!permit.covers({ ...action }))
  })

  test('does not come from Deny', () => {
    const { decision, action } = decided('drop t by agents/x')
    assert.equal(permitFor(decision, action), undefined)
  })

  test('does not come from a decision that somebody else put together', () => {
    const { decision, action } = decided('drop t by agents/x')
    const forged: Decision = { ...decision, verdict: 'Allow' }
    assert.equal(permitFor(forged, action), undefined)
  })

  test('does not come from a decision about another shape', () => {
    const { decision } = decided('select t by agents/x')
    assert.equal(permitFor(decision, decided('drop t by agents/x').action), undefined)
  })

  test('a decision about one call is not good for another call of the same shape', () => {
    const { decision, action } = decided('delete t by agents/x called parameters=[1]')
    assert.equal(decision.verdict, 'Allow')
    assert.ok(permitFor(decision, action))
    assert.equal(permitFor(decision, { ...action, facts: { parameters: [2] } }), undefined)
  })

  test('cannot be constructed', () => {
    // @ts-expect-error The constructor is private: the compiler refuses a permit that no decision was asked for.
    const made = () => new Permit(decided('drop t by agents/x').action)
    assert.ok(made)
  })

  test('only this folder seals decisions', () => {
    const sidecar = new URL('../', import.meta.url)
    const files = readdirSync(sidecar, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
    const sealing = files.filter((name) =>
      /from '[^']*policy\/seal\.ts'/.test(readFileSync(new URL(name, sidecar), 'utf8')),
    )
    assert.deepEqual(sealing, [])
  })
})
