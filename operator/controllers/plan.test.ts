// What is found → the status, as text: `Type Status Reason: message`, counts, events.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Validator } from '#crds/validate.ts'
import { know } from '../judgement/known.ts'
import { fails, holds, type Verdict } from '../judgement/verdict.ts'
import { planPolicy } from './accesspolicy/plan.ts'
import { planConnection } from './connection/plan.ts'
import { planGrant } from './endpointgrant/plan.ts'
import { planProvider } from './identityprovider/plan.ts'
import type { Plan } from './plan.ts'

const GOOD: Verdict = { accepted: holds('Valid', 'it is valid'), resolved: holds('Resolved', 'all is there') }
const LOST: Verdict = {
  ...GOOD,
  resolved: fails('SecretNotFound', 'there is no Secret login; create it'),
  problem: 'there is no Secret login; create it',
}
const UNWANTED: Verdict = {
  ...GOOD,
  accepted: fails('EndpointConflict', 'data/db is older'),
  problem: 'data/db is older',
}

function connection(verdict: Verdict, ready: number, of: number, present: unknown = undefined, steers = true): Plan {
  return planConnection({ verdict: { ...verdict, steers }, inForce: { ready, of }, generation: 3, present })
}

function policy(verdict: Verdict, ready: number, of: number): Plan {
  const counts = { matchedAgents: of, matchedConnections: 2 }
  return planPolicy({ verdict, inForce: { ready, of }, ...counts, generation: 3, present: undefined })
}

const before = (status: string, reason: string) => ({
  conditions: [{ type: 'ResolvedRefs', status, reason, message: 'm', lastTransitionTime: '2026-01-01T00:00:00Z' }],
})

function provider(spec: object): Plan {
  return planProvider({
    provider: known('IdentityProvider', { audiences: ['a'], ...spec }),
    generation: 3,
    present: undefined,
  })
}

function grant(spec: object): Plan {
  const usual = { hosts: ['*.example.com'], ports: [443], protocols: ['TCP'] }
  const isOwner = (namespace: string): boolean => namespace === 'data'
  const facts = { isOwner, clusterDomain: 'cluster.local', generation: 3, present: undefined }
  return planGrant({ grant: known('EndpointGrant', { ...usual, ...spec }), ...facts })
}

function known<K extends 'EndpointGrant' | 'IdentityProvider'>(kind: K, spec: object) {
  const document = { apiVersion: 'sallyport.dev/v1alpha1', kind, metadata: { name: 'one' }, spec }
  return know(kind, document, VALIDATOR)
}
const VALIDATOR = new Validator()

const PLANS: Readonly<Record<string, readonly [plan: Plan, ...lines: string[]]>> = {
  'a Connection that every gateway has in force': [
    connection(GOOD, 5, 5),
    'Accepted True Valid: it is valid',
    'ResolvedRefs True Resolved: all is there',
    'Programmed True InForce: 5 of 5 gateways have it in force',
    'connectedGateways 5',
  ],
  'a Connection that some gateways do not have yet': [
    connection(GOOD, 4, 5),
    'Accepted True Valid: it is valid',
    'ResolvedRefs True Resolved: all is there',
    'Programmed False Pending: 4 of 5 gateways have it in force',
    'connectedGateways 4',
  ],
  'a Connection that nobody needs': [
    connection(GOOD, 0, 0),
    'Accepted True Valid: it is valid',
    'ResolvedRefs True Resolved: all is there',
    'Programmed Unknown NoGateways: no running agent is concerned, so no gateway needs it yet',
    'connectedGateways 0',
  ],
  'a Connection without its Secret is told of, and counts for no gateway': [
    connection(LOST, 5, 5),
    'Accepted True Valid: it is valid',
    'ResolvedRefs False SecretNotFound: there is no Secret login; create it',
    'Programmed False NotEnforceable: its sessions are refused until the other conditions are True; 5 of 5 gateways know it',
    'connectedGateways 0',
    'Warning SecretNotFound: there is no Secret login; create it',
  ],
  'a Connection that lost its endpoint': [
    connection(UNWANTED, 1, 1, undefined, false),
    'Accepted False EndpointConflict: data/db is older',
    'ResolvedRefs True Resolved: all is there',
    'Programmed False NotEnforceable: nothing is steered to it until the other conditions are True; 1 of 1 gateways know it',
    'connectedGateways 0',
    'Warning EndpointConflict: data/db is older',
  ],
  'a failure that was told already is told no more': [
    connection(LOST, 0, 0, before('False', 'SecretNotFound')),
    'Accepted True Valid: it is valid',
    'ResolvedRefs False SecretNotFound: there is no Secret login; create it',
    'Programmed False NotEnforceable: its sessions are refused until the other conditions are True; 0 of 0 gateways know it',
    'connectedGateways 0',
  ],
  'a failure for another reason is news': [
    connection(LOST, 0, 0, before('False', 'InvalidSecret')),
    'Accepted True Valid: it is valid',
    'ResolvedRefs False SecretNotFound: there is no Secret login; create it',
    'Programmed False NotEnforceable: its sessions are refused until the other conditions are True; 0 of 0 gateways know it',
    'connectedGateways 0',
    'Warning SecretNotFound: there is no Secret login; create it',
  ],
  'what is good again is news': [
    connection(GOOD, 1, 1, before('False', 'SecretNotFound')),
    'Accepted True Valid: it is valid',
    'ResolvedRefs True Resolved: all is there',
    'Programmed True InForce: 1 of 1 gateways have it in force',
    'connectedGateways 1',
    'Normal Resolved: all is there',
  ],
  'a policy in force': [
    policy(GOOD, 3, 3),
    'Accepted True Valid: it is valid',
    'ResolvedRefs True Resolved: all is there',
    'Programmed True InForce: 3 of 3 gateways have it in force',
    'matchedAgents 3',
    'matchedConnections 2',
  ],
  'an IdentityProvider': [provider({ issuer: 'https://login.example.com' }), 'Accepted True Valid: it is valid'],
  'an IdentityProvider on the loopback address': [
    provider({ issuer: 'http://localhost:8080' }),
    'Accepted False LoopbackIssuer: spec.issuer: http://localhost:8080 is inside of the agent’s own pod, where the agent could answer; name an https address',
    'Warning LoopbackIssuer: spec.issuer: http://localhost:8080 is inside of the agent’s own pod, where the agent could answer; name an https address',
  ],
  'an IdentityProvider whose keys are there': [
    provider({ issuer: 'https://login.example.com', jwksURI: 'http://127.0.0.1/keys' }),
    'Accepted False LoopbackIssuer: spec.jwksURI: http://127.0.0.1/keys is inside of the agent’s own pod, where the agent could answer; name an https address',
    'Warning LoopbackIssuer: spec.jwksURI: http://127.0.0.1/keys is inside of the agent’s own pod, where the agent could answer; name an https address',
  ],
  'a grant for owners': [grant({ namespaces: ['data'] }), 'Accepted True Valid: it is valid'],
  'a grant by labels': [
    grant({ namespaceSelector: { matchLabels: { team: 'a' } } }),
    'Accepted True Valid: it is valid',
  ],
  'a grant for a namespace that owns nothing, and for hosts that need none': [
    grant({ namespaces: ['data', 'agents', 'absent'], hosts: ['*.example.com', 'db.data.svc'] }),
    'Accepted True Valid: it is valid, but without effect for spec.hosts db.data.svc: in-cluster hosts belong to their namespace and need no grant; and for spec.namespaces agents, absent: no targets live there; an owner is labelled sallyport.dev/owner: "true"',
  ],
  'a policy that cannot be enforced': [
    policy(LOST, 3, 3),
    'Accepted True Valid: it is valid',
    'ResolvedRefs False SecretNotFound: there is no Secret login; create it',
    'Programmed False NotEnforceable: all that it selects is denied until the other conditions are True; 3 of 3 gateways know it',
    'matchedAgents 3',
    'matchedConnections 2',
    'Warning SecretNotFound: there is no Secret login; create it',
  ],
}

describe('the status of', () => {
  for (const [sentence, [plan, ...expected]] of Object.entries(PLANS)) {
    test(sentence, () => assert.deepEqual(linesOf(plan), expected))
  }
})

function linesOf({ status, events }: Plan): readonly string[] {
  const { conditions, observedGeneration, ...counts } = status
  assert.equal(observedGeneration, 3)
  for (const condition of conditions) assert.equal(condition.observedGeneration, 3)
  return [
    ...conditions.map(({ type, status: is, reason, message }) => `${type} ${is} ${reason}: ${message}`),
    ...Object.entries(counts).map(([name, count]) => `${name} ${count}`),
    ...events.map(({ type, reason, note }) => `${type} ${reason}: ${note}`),
  ]
}
