import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { PodIdentity } from '#contracts/control/messages.ts'
import { asObject, type KubeObject } from '../kube/object.ts'
import { type AttestOptions, attester, type Claim, type TokenSubject } from './attest.ts'
import type { Pin, PinStore } from './pins.ts'
import { livePodOf } from './pod-facts.ts'
import { formOf } from './pod-form.ts'

const POD = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace: 'agents', name: 'analyst-1', uid: 'uid-1', labels: { app: 'analyst' } },
  spec: { serviceAccountName: 'analyst', containers: [] },
  status: {
    phase: 'Running',
    podIP: '10.244.0.7',
    podIPs: [{ ip: '10.244.0.7' }, { ip: 'fd00::7' }],
    initContainerStatuses: [{ name: 'sallyport-gateway', containerID: 'containerd://a', restartCount: 0 }],
  },
}
const SUBJECT: TokenSubject = { namespace: 'agents', serviceAccount: 'analyst', pod: 'analyst-1', podUid: 'uid-1' }
const CLAIM: Claim = { token: 'good', remoteAddress: '10.244.0.7', fingerprint: 'key-1' }

function object(value: unknown): KubeObject {
  const found = asObject(value)
  assert.ok(found)
  return found
}

function pinsThat(answer: Pin): PinStore {
  return { pin: async () => answer, confirm: async () => answer, forget: async () => undefined }
}

function options(changes: Partial<AttestOptions> = {}): AttestOptions {
  return {
    reviewToken: async (token) => (token === 'good' ? SUBJECT : undefined),
    livePod: async () => livePodOf(object(POD)),
    namespaceLabels: () => ({ team: 'a' }),
    violations: async () => [],
    pins: pinsThat({ held: true, anew: false }),
    ...changes,
  }
}

test('a gateway that is what it says is known by its pod', async () => {
  assert.deepEqual(await attester(options()).attest(CLAIM), {
    accepted: true,
    pinnedAnew: false,
    form: formOf(object(POD)),
    identity: {
      namespace: 'agents',
      serviceAccount: 'analyst',
      pod: 'analyst-1',
      podUid: 'uid-1',
      labels: { app: 'analyst' },
      namespaceLabels: { team: 'a' },
    },
  })
})

const GOOD: Readonly<Record<string, Claim>> = {
  'over IPv6': { ...CLAIM, remoteAddress: 'fd00::7' },
  'over IPv4 on a dual-stack socket': { ...CLAIM, remoteAddress: '::ffff:10.244.0.7' },
}
for (const [title, claim] of Object.entries(GOOD)) {
  test(`accepted: ${title}`, async () => assert.equal((await attester(options()).attest(claim)).accepted, true))
}

const pod = (changes: object) => async () => livePodOf(object({ ...POD, ...changes }))
const BAD: Readonly<
  Record<string, { readonly claim?: Partial<Claim>; readonly given?: Partial<AttestOptions>; readonly says: RegExp }>
> = {
  'a token that the API server does not vouch for': { claim: { token: 'bad' }, says: /not one for/ },
  'a token of a pod that is gone': { given: { livePod: async () => undefined }, says: /does not exist any more/ },
  'a token of an earlier pod of the same name': {
    given: { livePod: pod({ metadata: { ...POD.metadata, uid: 'uid-2' } }) },
    says: /does not exist any more/,
  },
  'a pod that has ended': {
    given: { livePod: pod({ status: { ...POD.status, phase: 'Succeeded' } }) },
    says: /has ended/,
  },
  'a pod of another ServiceAccount': {
    given: { livePod: pod({ spec: { ...POD.spec, serviceAccountName: 'admin' } }) },
    says: /another ServiceAccount/,
  },
  'T44: a stolen token, from another pod': { claim: { remoteAddress: '10.244.0.8' }, says: /not an address of pod/ },
  'a pod without an address': { given: { livePod: pod({ status: {} }) }, says: /no address yet/ },
  'T37: a pod that slipped past admission': {
    given: { violations: async () => ['container x adds a capability'] },
    says: /would not be admitted: container x/,
  },
  'a key that is not the pinned one': {
    given: { pins: pinsThat({ held: false, reason: 'another key is pinned', final: false }) },
    says: /another key is pinned/,
  },
}
for (const [title, { claim, given, says }] of Object.entries(BAD)) {
  test(`refused: ${title}`, async () => {
    const answer = await attester(options(given)).attest({ ...CLAIM, ...claim })
    assert.equal(answer.accepted, false)
    assert.match(answer.accepted ? '' : answer.reason, says)
  })
}

describe('a gateway that has a stream', () => {
  const identity = async (): Promise<PodIdentity> => {
    const answer = await attester(options()).attest(CLAIM)
    assert.ok(answer.accepted)
    return answer.identity
  }

  test('is still the one of its pod', async () => {
    const answer = await attester(options()).confirm(await identity(), 'key-1')
    assert.deepEqual(answer, { accepted: true, form: formOf(object(POD)) })
  })

  test('of a pod that has ended is left alone: nothing of it runs', async () => {
    const given = { livePod: pod({ status: { phase: 'Failed' } }), violations: async () => ['everything is wrong'] }
    assert.equal((await attester(options(given)).confirm(await identity(), 'key-1')).accepted, true)
  })

  const LOST: Readonly<
    Record<string, { readonly given: Partial<AttestOptions>; readonly says: RegExp; readonly final: boolean }>
  > = {
    'of a pod that would not be admitted any more': {
      given: { violations: async () => ['nothing is added to a running agent’s pod'] },
      says: /agents\/analyst-1 would not be admitted: nothing is added/,
      final: true,
    },
    'of a pod that is gone': { given: { livePod: async () => undefined }, says: /does not exist/, final: true },
    'of a pod that was made again under its name': {
      given: { livePod: pod({ metadata: { ...POD.metadata, uid: 'uid-2' } }) },
      says: /does not exist/,
      final: true,
    },
    'T01: of a pod with an exchanged image': {
      given: { pins: pinsThat({ held: false, reason: 'the image of agent was exchanged', final: true }) },
      says: /agents\/analyst-1: the image of agent was exchanged/,
      final: true,
    },
    'whose container is another one': {
      given: { pins: pinsThat({ held: false, reason: 'another container', final: false }) },
      says: /another container/,
      final: false,
    },
  }
  for (const [title, { given, says, final }] of Object.entries(LOST)) {
    test(`is lost: one ${title}`, async () => {
      const answer = await attester(options(given)).confirm(await identity(), 'key-1')
      assert.match(answer.accepted ? '' : answer.reason, says)
      assert.equal(!answer.accepted && answer.final, final)
    })
  }
})
