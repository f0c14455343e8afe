// What people read. Each sentence names what was decided, by whom, and what can be done.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { duration, sentence } from './explain-refusal.ts'
import { parseCase, run } from './testing/cases.ts'
import { policySetFrom } from './testing/policies.ts'

const set = policySetFrom(`
kind: AccessPolicy
metadata: {name: analysts, namespace: data}
spec:
  agents: {namespaces: [agents]}
  connections: [orders-db]
  rules:
  - {name: no-destruction, match: {verbs: [drop]}, action: Deny, message: Ask the orders team.}
  - {name: no-truncate, match: {verbs: [truncate]}, action: Deny}
  - {name: bulk, match: {verbs: [delete]}, action: RequireApproval, message: Say why., approval: {approvers: {groups: [dba, leads]}}}
  - {name: reads, match: {effects: [Read]}, action: Allow}
---
kind: AccessPolicy
metadata: {name: careful, namespace: data}
spec:
  agents: {namespaces: [careful]}
  connections: [orders-db]
  windows: [{name: night, from: "22:00", to: "04:00"}, {name: noon, from: "12:00", to: "13:00"}]
  rules:
  - {name: at-night, match: {effects: [Admin], during: [night]}, action: RequireApproval, approval: {approvers: {groups: [dba]}}}
  - {name: both, match: {verbs: [truncate], during: [night, noon]}, action: Allow, message: Come at noon.}
  - {name: where, match: {verbs: [delete], condition: facts.hasWhere}, action: Allow}
  - {name: one-row, match: {verbs: [delete], condition: facts.hasWhere && session.statements < 0}, action: Allow, message: Say which row.}
  - {name: watched, match: {verbs: [insert], condition: facts.hasWhere}, action: Allow, mode: Audit}
  - {name: few, match: {verbs: [update], condition: "facts.estimatedRows < 10", during: [noon]}, action: Allow}
---
kind: AccessPolicy
metadata: {name: trial, namespace: data}
spec: {mode: Audit, agents: {namespaces: [trial]}, connections: [orders-db], rules: []}
---
kind: AccessPolicy
metadata: {name: stopped, namespace: data}
spec: {suspend: true, agents: {namespaces: [stopped]}, connections: [orders-db], rules: []}`)

const sentences: Readonly<Record<string, string>> = {
  'drop public.orders by agents/x':
    'drop of table public.orders is denied by rule no-destruction of policy data/analysts: Ask the orders team.',
  'truncate public.orders by agents/x':
    'truncate of table public.orders is denied by rule no-truncate of policy data/analysts: ask the owners of namespace data if you need it',
  'insert public.orders by agents/x':
    'insert of table public.orders is denied because no rule of data/analysts allows it; ask the owners of namespace data for a rule that does',
  'insert by agents/x':
    'insert (Write) is denied because no rule of data/analysts allows it; ask the owners of namespace data for a rule that does',
  '~Admin!call function:public.f by agents/x':
    'call of function public.f is denied because it runs code that nobody reviewed and no rule of data/analysts names it; ask the owners of namespace data for a rule that does: match: {objects: [{kind: function, names: ["public.f"]}]}',
  '~Admin!call by agents/x':
    'call (Admin) is denied because it runs code that nobody reviewed and no rule of data/analysts names it; ask the owners of namespace data for a rule that does: match: {verbs: [call]}',
  'delete public.orders by agents/x':
    'delete of table public.orders needs approval by dba, leads (rule bulk of data/analysts): Say why.',
  'select public.orders by agents/x': 'select of table public.orders is allowed by rule reads of policy data/analysts',
  'drop t by careful/x at 2026-06-09T12:00:00Z':
    'drop of table t is denied because no rule of data/careful allows it: rule at-night of data/careful does only in window night; ask the owners of namespace data for a rule that does',
  'truncate t by careful/x at 2026-06-09T14:00:00Z':
    'truncate of table t is denied because no rule of data/careful allows it: rule both of data/careful does only in windows night, noon: Come at noon.',
  'delete t by careful/x with hasWhere=false':
    'delete of table t is denied because no rule of data/careful allows it: rule one-row of data/careful does only where its condition holds: Say which row.',
  'insert t by careful/x with hasWhere=false':
    'insert of table t is denied because no rule of data/careful allows it; ask the owners of namespace data for a rule that does',
  'update t by careful/x asking estimatedRows=50 at 2026-06-09T12:30:00Z':
    'update of table t is denied because no rule of data/careful allows it: rule few of data/careful does only where its condition holds; ask the owners of namespace data for a rule that does',
  'begin by agents/x': 'begin (Session) changes nothing of the target and is allowed on every open connection',
  'unknown by agents/x':
    'unknown was not understood; what is not understood is denied whatever policies say, so put it in simpler terms',
  'drop t by trial/x':
    'drop of table t is allowed by policy data/trial, which is in Audit mode and enforces none of its rules',
  'select t by stopped/x':
    'policy data/stopped is suspended, which denies everything to the agents and connections it selects; ask its owners to set suspend to false',
  'select t by elsewhere/x':
    'no policy lets agent elsewhere/x use connection data/orders-db; ask the owners of namespace data for an AccessPolicy that selects both',
}

describe('reasons', () => {
  for (const [question, sentence] of Object.entries(sentences)) {
    test(question, async () => {
      assert.equal((await run(set, parseCase(question))).reason, sentence)
    })
  }
})

describe('times that people wait', () => {
  const WORDS: Readonly<Record<string, number>> = {
    '1 second': 1,
    '119 seconds': 118.2,
    '2 minutes': 120,
    '61 minutes': 3660,
    '2 hours': 7200,
    '25 hours': 86_401,
  }
  for (const [words, seconds] of Object.entries(WORDS)) test(words, () => assert.equal(duration(seconds), words))
})

test('a sentence ends once', () => {
  for (const text of ['Ask the DBA', 'Ask the DBA.', 'Ask the DBA;']) assert.equal(sentence(text), 'Ask the DBA.')
  assert.equal(sentence('Really?'), 'Really?')
})
