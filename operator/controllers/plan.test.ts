// What is found → the status, as text: `Type Status Reason: message`, counts, events.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Validator } from '#crds/validate.ts'
import { know } from '../judgement/known.ts'
import { fails, holds, type Verdict } from '../judgement/verdict.ts'
import { planPolicy } from './accesspolicy/plan.ts'
import { type InForce, NO_GATEWAYS } from './acknowledgements.ts'
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
/** Nothing is denied for it, so no gateway hears of it. */
const IDLE: Verdict = { ...GOOD, resolved: fails('NothingSelected', 'it selects no Connection; label one') }
const DOUBTED: Verdict = { ...GOOD, accepted: holds('Valid', 'it is valid, but probably not what is meant: rule b') }

const AS_EXPECTED = 'Degraded False AsExpected: nothing in it or at its gateways needs anybody to act'
const VALID = 'Accepted True Valid: it is valid'
const RESOLVED = 'ResolvedRefs True Resolved: all is there'

/** `ready/of`, `ready/of -rejected`, `ready/of @generation`. */
function counts(text: string): InForce {
  const [, ready, of, rejected = '0', generation = '3'] = /^(\d+)\/(\d+)(?: -(\d+))?(?: @(\d+))?$/.exec(text) ?? []
  if (of === '0') return NO_GATEWAYS
  return { ready: Number(ready), of: Number(of), rejected: Number(rejected), generation: Number(generation) }
}

function connection(verdict: Verdict, inForce: string, present: unknown = undefined, steers = true): Plan {
  const wanted = () => true
  return planConnection({ verdict: { ...verdict, steers }, inForce: counts(inForce), wanted, generation: 3, present })
}

function policy(verdict: Verdict, inForce: string, matchedAgents = counts(inForce).of): Plan {
  const matched = { matchedAgents, matchedConnections: 2 }
  return planPolicy({ verdict, inForce: counts(inForce), ...matched, generation: 3, present: undefined })
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

/** Ready says what Programmed says. */
const asFarAs = (found: string): readonly string[] => [`Programmed ${found}`, `Ready ${found}`]
const refusedBy = (found: string): readonly string[] => [...asFarAs(`False ${found}`), `Degraded True ${found}`]
const UNNEEDED = [
  'Programmed Unknown NoGateways: no gateway needs it yet; a pod that starts has it before its first session',
  'Ready True NoGateways: no gateway needs it yet; a pod that starts has it before its first session',
]

const PLANS: Readonly<Record<string, readonly [plan: Plan, ...lines: string[]]>> = {
  'a Connection that every gateway has in force': [
    connection(GOOD, '5/5'),
    VALID,
    RESOLVED,
    ...asFarAs('True InForce: 5 of 5 gateways have it in force'),
    AS_EXPECTED,
    'connectedGateways 5',
  ],
  'a Connection that some gateways do not have yet': [
    connection(GOOD, '4/5'),
    VALID,
    RESOLVED,
    ...asFarAs('False Pending: 4 of 5 gateways have it in force'),
    AS_EXPECTED,
    'connectedGateways 4',
    'under way',
  ],
  'a Connection of which some gateways were sent an older one': [
    connection(GOOD, '5/5 @2'),
    VALID,
    RESOLVED,
    ...asFarAs('False Pending: some of 5 gateways were not sent it as it is now'),
    AS_EXPECTED,
    'connectedGateways 5',
    'under way',
  ],
  'a Connection that some gateways were sent as one to refuse': [
    connection(GOOD, '5/5 @0'),
    VALID,
    RESOLVED,
    ...asFarAs('False Pending: some of 5 gateways were not sent it as it is now'),
    AS_EXPECTED,
    'connectedGateways 5',
    'under way',
  ],
  'a Connection that a gateway could not take': [
    connection(GOOD, '4/5 -1'),
    VALID,
    RESOLVED,
    ...refusedBy(
      'Rejected: 4 of 5 gateways have it in force; 1 could not take what came with it whole: the Event NotInForce of their pods says why',
    ),
    'connectedGateways 4',
  ],
  'a Connection that a gateway could not take and another does not have yet': [
    connection(GOOD, '3/5 -1'),
    VALID,
    RESOLVED,
    ...refusedBy(
      'Rejected: 3 of 5 gateways have it in force; 1 could not take what came with it whole: the Event NotInForce of their pods says why',
    ),
    'connectedGateways 3',
    'under way',
  ],
  'a Connection that an agent will have': [
    connection(GOOD, '0/0'),
    VALID,
    RESOLVED,
    ...UNNEEDED,
    AS_EXPECTED,
    'connectedGateways 0',
    'under way',
  ],
  'a Connection without its Secret is told of, and counts for no gateway': [
    connection(LOST, '5/5'),
    VALID,
    'ResolvedRefs False SecretNotFound: there is no Secret login; create it',
    'Programmed False NotEnforceable: its sessions are refused until Accepted and ResolvedRefs are True; 5 of 5 gateways know it',
    'Ready False SecretNotFound: there is no Secret login; create it',
    'Degraded True SecretNotFound: its sessions are refused until ResolvedRefs is True',
    'connectedGateways 0',
    'Warning SecretNotFound: there is no Secret login; create it',
  ],
  'a Connection without its Secret at a gateway that has a trouble of its own': [
    connection(LOST, '4/5 -1 @2'),
    VALID,
    'ResolvedRefs False SecretNotFound: there is no Secret login; create it',
    'Programmed False NotEnforceable: its sessions are refused until Accepted and ResolvedRefs are True; 4 of 5 gateways know it',
    'Ready False SecretNotFound: there is no Secret login; create it',
    'Degraded True SecretNotFound: its sessions are refused until ResolvedRefs is True',
    'connectedGateways 0',
    'Warning SecretNotFound: there is no Secret login; create it',
  ],
  'a Connection that lost its endpoint': [
    connection(UNWANTED, '1/1', undefined, false),
    'Accepted False EndpointConflict: data/db is older',
    RESOLVED,
    'Programmed False NotEnforceable: nothing is steered to it until Accepted and ResolvedRefs are True; 1 of 1 gateways know it',
    'Ready False EndpointConflict: data/db is older',
    'Degraded True EndpointConflict: nothing is steered to it until Accepted is True',
    'connectedGateways 0',
    'Warning EndpointConflict: data/db is older',
  ],
  'a failure that was told already is told no more': [
    connection(LOST, '0/0', before('False', 'SecretNotFound')),
    VALID,
    'ResolvedRefs False SecretNotFound: there is no Secret login; create it',
    'Programmed False NotEnforceable: its sessions are refused until Accepted and ResolvedRefs are True; 0 of 0 gateways know it',
    'Ready False SecretNotFound: there is no Secret login; create it',
    'Degraded True SecretNotFound: its sessions are refused until ResolvedRefs is True',
    'connectedGateways 0',
  ],
  'a failure for another reason is news': [
    connection(LOST, '0/0', before('False', 'InvalidSecret')),
    VALID,
    'ResolvedRefs False SecretNotFound: there is no Secret login; create it',
    'Programmed False NotEnforceable: its sessions are refused until Accepted and ResolvedRefs are True; 0 of 0 gateways know it',
    'Ready False SecretNotFound: there is no Secret login; create it',
    'Degraded True SecretNotFound: its sessions are refused until ResolvedRefs is True',
    'connectedGateways 0',
    'Warning SecretNotFound: there is no Secret login; create it',
  ],
  'what is good again is news': [
    connection(GOOD, '1/1', before('False', 'SecretNotFound')),
    VALID,
    RESOLVED,
    ...asFarAs('True InForce: 1 of 1 gateways have it in force'),
    AS_EXPECTED,
    'connectedGateways 1',
    'Normal Resolved: all is there',
  ],
  'a policy in force': [
    policy(GOOD, '3/3'),
    VALID,
    RESOLVED,
    ...asFarAs('True InForce: 3 of 3 gateways have it in force'),
    AS_EXPECTED,
    'matchedAgents 3',
    'matchedConnections 2',
  ],
  'a policy for agents that do not run': [
    policy(GOOD, '0/0'),
    VALID,
    RESOLVED,
    ...UNNEEDED,
    AS_EXPECTED,
    'matchedAgents 0',
    'matchedConnections 2',
  ],
  'a policy whose agents run and have not been heard of': [
    policy(GOOD, '0/0', 4),
    VALID,
    RESOLVED,
    ...UNNEEDED,
    AS_EXPECTED,
    'matchedAgents 4',
    'matchedConnections 2',
    'under way',
  ],
  'a policy that is doubted and in force': [
    policy(DOUBTED, '3/3'),
    'Accepted True Valid: it is valid, but probably not what is meant: rule b',
    RESOLVED,
    ...asFarAs('True InForce: 3 of 3 gateways have it in force'),
    AS_EXPECTED,
    'matchedAgents 3',
    'matchedConnections 2',
  ],
  'a policy that cannot be enforced': [
    policy(LOST, '3/3'),
    VALID,
    'ResolvedRefs False SecretNotFound: there is no Secret login; create it',
    'Programmed False NotEnforceable: all that it selects is denied until Accepted and ResolvedRefs are True; 3 of 3 gateways know it',
    'Ready False SecretNotFound: there is no Secret login; create it',
    'Degraded True SecretNotFound: all that it selects is denied until ResolvedRefs is True',
    'matchedAgents 3',
    'matchedConnections 2',
    'Warning SecretNotFound: there is no Secret login; create it',
  ],
  'a policy that selects nothing': [
    policy(IDLE, '0/0', 4),
    VALID,
    'ResolvedRefs False NothingSelected: it selects no Connection; label one',
    'Programmed Unknown NoGateways: no gateway needs it yet; a pod that starts has it before its first session',
    'Ready False NothingSelected: it selects no Connection; label one',
    'Degraded True NothingSelected: it opens and denies nothing until ResolvedRefs is True',
    'matchedAgents 4',
    'matchedConnections 2',
    'Warning NothingSelected: it selects no Connection; label one',
  ],
  'an IdentityProvider': [
    provider({ issuer: 'https://login.example.com' }),
    VALID,
    'Ready True Valid: it is valid',
    AS_EXPECTED,
  ],
  'an IdentityProvider on the loopback address': [
    provider({ issuer: 'http://localhost:8080' }),
    'Accepted False LoopbackIssuer: spec.issuer: http://localhost:8080 is inside of the agent’s own pod, where the agent could answer; name an https address',
    'Ready False LoopbackIssuer: spec.issuer: http://localhost:8080 is inside of the agent’s own pod, where the agent could answer; name an https address',
    'Degraded True LoopbackIssuer: policies that ask for its tokens deny all that they select until Accepted is True',
    'Warning LoopbackIssuer: spec.issuer: http://localhost:8080 is inside of the agent’s own pod, where the agent could answer; name an https address',
  ],
  'an IdentityProvider whose keys are there': [
    provider({ issuer: 'https://login.example.com', jwksURI: 'http://127.0.0.1/keys' }),
    'Accepted False LoopbackIssuer: spec.jwksURI: http://127.0.0.1/keys is inside of the agent’s own pod, where the agent could answer; name an https address',
    'Ready False LoopbackIssuer: spec.jwksURI: http://127.0.0.1/keys is inside of the agent’s own pod, where the agent could answer; name an https address',
    'Degraded True LoopbackIssuer: policies that ask for its tokens deny all that they select until Accepted is True',
    'Warning LoopbackIssuer: spec.jwksURI: http://127.0.0.1/keys is inside of the agent’s own pod, where the agent could answer; name an https address',
  ],
  'a grant for owners': [grant({ namespaces: ['data'] }), VALID, 'Ready True Valid: it is valid', AS_EXPECTED],
  'a grant by labels': [
    grant({ namespaceSelector: { matchLabels: { team: 'a' } } }),
    VALID,
    'Ready True Valid: it is valid',
    AS_EXPECTED,
  ],
  'a grant for a namespace that owns nothing, and for hosts that need none': [
    grant({ namespaces: ['data', 'agents', 'absent'], hosts: ['*.example.com', 'db.data.svc'] }),
    'Accepted True Valid: it is valid, but without effect for spec.hosts db.data.svc: in-cluster hosts belong to their namespace and need no grant; and for spec.namespaces agents, absent: no targets live there; an owner is labelled sallyport.dev/owner: "true"',
    'Ready True Valid: it is valid, but without effect for spec.hosts db.data.svc: in-cluster hosts belong to their namespace and need no grant; and for spec.namespaces agents, absent: no targets live there; an owner is labelled sallyport.dev/owner: "true"',
    AS_EXPECTED,
  ],
  'a grant that this version cannot read': [
    grant({ hosts: [] }),
    'Accepted False Unreadable: this version cannot read one: spec.hosts: an empty list is invalid; correct it, or upgrade the operator',
    'Ready False Unreadable: this version cannot read one: spec.hosts: an empty list is invalid; correct it, or upgrade the operator',
    'Degraded True Unreadable: Connections that claim its hosts are refused until Accepted is True',
    'Warning Unreadable: this version cannot read one: spec.hosts: an empty list is invalid; correct it, or upgrade the operator',
  ],
}

describe('the status of', () => {
  for (const [sentence, [plan, ...expected]] of Object.entries(PLANS)) {
    test(sentence, () => assert.deepEqual(linesOf(plan), expected))
  }
})

function linesOf({ status, events, underWay }: Plan): readonly string[] {
  const { conditions, observedGeneration, ...counts } = status
  assert.equal(observedGeneration, 3)
  for (const condition of conditions) assert.equal(condition.observedGeneration, 3)
  return [
    ...conditions.map(({ type, status: is, reason, message }) => `${type} ${is} ${reason}: ${message}`),
    ...Object.entries(counts).map(([name, count]) => `${name} ${count}`),
    ...events.map(({ type, reason, note }) => `${type} ${reason}: ${note}`),
    ...(underWay ? ['under way'] : []),
  ]
}
