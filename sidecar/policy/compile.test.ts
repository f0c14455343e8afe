import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { AccessPolicy } from '#crds/types.gen.ts'
import type { Agent } from '#sidecar/identity/agent.ts'
import { compilePolicies } from './compile.ts'
import { actionOf, partOf } from './testing/cases.ts'
import { policiesFrom } from './testing/policies.ts'
import { PROTOCOL, VOCABULARIES, VOCABULARY } from './testing/vocabulary.ts'

const agent: Agent = { namespace: 'agents', serviceAccount: 'x', labels: {}, namespaceLabels: {} }
const connection = { namespace: 'data', name: 'orders-db', labels: {}, protocol: PROTOCOL }

function setOf(yaml: string, invalid: Readonly<Record<string, string>> = {}) {
  return compilePolicies({ ...policiesFrom(yaml), invalid: new Map(Object.entries(invalid)) }, VOCABULARIES)
}

const reads = policy('reads', 'rules: [{name: reads, match: {effects: [Read]}, action: Allow}]')

function policy(name: string, rest: string, agents = '{namespaces: [agents]}'): string {
  return `
kind: AccessPolicy
metadata: {name: ${name}, namespace: data}
spec: {agents: ${agents}, connections: [orders-db], ${rest.includes('rules:') ? rest : `rules: [], ${rest}`}}
---`
}

describe('a set of policies', () => {
  test('gives sessions of the same identity the same pair', () => {
    const set = setOf(reads)
    const pair = set.pair(agent, connection)
    assert.equal(set.pair({ ...agent, labels: {} }, { ...connection }), pair)
    for (const other of [
      { ...agent, labels: { app: 'a' } },
      { ...agent, namespaceLabels: { team: 'a' } },
      { ...agent, user: { provider: 'corp', username: 'ann', groups: [] } },
      { ...agent, pod: 'a-1' },
    ]) {
      assert.notEqual(set.pair(other, connection), pair)
    }
    assert.notEqual(set.pair(agent, { ...connection, labels: { tier: 'a' } }), pair)
  })

  test('forgets pairs beyond a bound, and makes them again alike', () => {
    const set = setOf(reads)
    const first = set.pair(agent, connection)
    for (let i = 0; i < 1_100; i++) set.pair({ ...agent, pod: `p${i}` }, connection)
    const again = set.pair(agent, connection)
    assert.notEqual(again, first)
    assert.equal(again.hash, first.hash)
  })

  test('knows which tokens to ask for', () => {
    const set = setOf(
      reads +
        policy('a', '', '{namespaces: [agents], identity: {provider: corp}}') +
        policy('b', '', '{namespaces: [agents], identity: {provider: partner, groups: [g]}}') +
        policy('c', '', '{namespaces: [elsewhere], identity: {provider: unused}}'),
    )
    assert.deepEqual(set.wantsToken(agent, connection), ['corp', 'partner'])
    assert.deepEqual(set.wantsToken(agent, { ...connection, name: 'other' }), [])
    const user = { provider: 'corp', username: 'ann', groups: [] }
    assert.notEqual(set.pair({ ...agent, user }, connection).hash, set.pair(agent, connection).hash)
  })

  test('hashes content, not its order, and sees every change', () => {
    const { accessPolicies } = policiesFrom(reads)
    const [first] = accessPolicies
    assert.ok(first)
    const hashOf = (...policies: readonly AccessPolicy[]) =>
      compilePolicies({ accessPolicies: policies, clusterAccessPolicies: [], invalid: new Map() }, VOCABULARIES).pair(
        agent,
        connection,
      ).hash
    const turned = { ...first, spec: Object.fromEntries(Object.entries(first.spec).toReversed()) as typeof first.spec }
    const second = { ...first, metadata: { name: 'second', namespace: 'data' } }
    assert.equal(hashOf(turned), hashOf(first))
    assert.equal(hashOf(first, second), hashOf(second, first))
    assert.notEqual(hashOf({ ...first, spec: { ...first.spec, suspend: true } }), hashOf(first))
    assert.notEqual(hashOf(second), hashOf(first))
  })

  test('masks, limits and recording of all selecting policies apply', () => {
    const pair = setOf(
      policy(
        'a',
        `masking: [{name: pii, columns: [public.people.ssn], strategy: Redact}],
         limits: [{metric: Rows, per: Agent, window: 1h, max: 100k}],
         recording: {level: Metadata, literals: Clear, responses: {maxRowsPerStatement: 5}}`,
      ) +
        policy(
          'b',
          `mode: Audit, masking: [{name: cards, detectors: [CreditCard], strategy: Partial, mode: Audit}, {name: on, detectors: [IBAN], strategy: Hash}],
           limits: [{metric: Duration, per: Session, max: 1h30m, onExceed: Terminate}],
           recording: {literals: Encrypted, durability: Synced, onFailure: Allow}`,
        ),
    ).pair(agent, connection)
    assert.deepEqual(
      pair.masks.map(({ policy, name, mode, columns, detectors, writes }) => [
        policy,
        name,
        mode,
        columns,
        detectors,
        writes,
      ]),
      [
        ['data/a', 'pii', 'Enforce', ['public.people.ssn'], [], 'Deny'],
        ['data/b', 'cards', 'Audit', [], ['CreditCard'], 'Deny'],
        // A policy in Audit mode still masks.
        ['data/b', 'on', 'Enforce', [], ['IBAN'], 'Deny'],
      ],
    )
    assert.deepEqual(
      pair.limits.map(({ text, max, windowSeconds, enforced, onExceed }) => [
        text,
        max,
        windowSeconds,
        enforced,
        onExceed,
      ]),
      [
        ['100k Rows per Agent in 1h', 100_000, 3600, true, 'Deny'],
        // Its limits only count.
        ['1h30m Duration per Session', 5400, undefined, false, 'Terminate'],
      ],
    )
    assert.deepEqual(pair.recording, {
      level: 'Metadata',
      literals: 'Encrypted',
      durability: 'Synced',
      onFailure: 'Allow',
      responses: { maxBytesPerStatement: 1_048_576, maxRowsPerStatement: 5 },
    })
  })
})

describe('a pair is denied whole, and says why, while a policy that selects it', () => {
  const cases: Readonly<
    Record<string, readonly [yaml: string, invalid: Readonly<Record<string, string>>, why: RegExp]>
  > = {
    'has a condition that does not type-check': [
      policy('bad', 'rules: [{name: r, match: {condition: "facts.nope"}, action: Allow}]'),
      {},
      /policy data\/bad cannot be enforced \(rule r: condition: No such key: nope/,
    ],
    'names a verb that no protocol has': [
      policy('bad', 'rules: [{name: r, match: {verbs: [dorp]}, action: Deny}]'),
      {},
      /rule r: no protocol has the verb "dorp"/,
    ],
    'names a kind of object that no protocol has': [
      policy('bad', 'rules: [{name: r, match: {objects: [{kind: tabel}]}, action: Deny}]'),
      {},
      /rule r: no protocol has objects of kind "tabel"/,
    ],
    'masks what the protocol cannot mask': [
      policy('bad', 'masking: [{name: m, fields: [$.a], strategy: Redact}]'),
      {},
      /mask m: this connection's protocol cannot mask fields/,
    ],
    'has a window in a time zone that does not exist': [
      policy('bad', 'windows: [{name: w, from: "08:00", to: "09:00", timeZone: Mars/Olympus}]'),
      {},
      /window w: timeZone "Mars\/Olympus" is not an IANA time zone/,
    ],
    'was found invalid by whoever read it': [
      policy('bad', ''),
      { 'data/bad': 'Secret is missing' },
      /\(Secret is missing\)/,
    ],
    'could not be read, in the namespace of the connection': [
      '',
      { 'data/lost': 'line 3: bad' },
      /data\/lost .*line 3: bad/,
    ],
    'could not be read, and is a cluster policy': ['', { lost: 'line 3: bad' }, /policy lost .*line 3: bad/],
  }
  for (const [title, [yaml, invalid, why]] of Object.entries(cases)) {
    test(title, () => {
      const pair = setOf(`${reads}${yaml}`, invalid).pair(agent, connection)
      assert.match(pair.denied ?? '', why)
      for (const verb of ['select t', 'begin']) {
        const decision = pair.decide(actionOf([partOf(verb)]), { now: 0, session: {} })
        assert.ok(!(decision instanceof Promise))
        assert.equal(decision.verdict, 'Deny')
        assert.match(decision.reason, why)
      }
    })
  }

  test('and others are not: another namespace, another agent', () => {
    const set = setOf(reads + policy('bad', '', '{namespaces: [agents], serviceAccounts: [other]}'), {
      'data/bad': 'no',
      'elsewhere/lost': 'no',
    })
    assert.equal(set.pair(agent, connection).denied, undefined)
    assert.ok(set.pair({ ...agent, serviceAccount: 'other' }, connection).denied)
  })

  test('a protocol that is not known here', () => {
    const pair = setOf(reads).pair(agent, { ...connection, protocol: 'Other' })
    assert.match(pair.denied ?? '', /protocol Other is not known here/)
  })

  test("a verb of another protocol's is no mistake, and matches nothing here", () => {
    const other = { ...VOCABULARY, verbs: ['exec'] }
    const input = {
      ...policiesFrom(policy('p', 'rules: [{name: r, match: {verbs: [exec]}, action: Deny}]')),
      invalid: new Map(),
    }
    const set = compilePolicies(input, new Map([...VOCABULARIES, ['Other', other]]))
    assert.equal(set.pair(agent, connection).denied, undefined)
  })
})
