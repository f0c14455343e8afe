import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { JsonObject } from '../inject/json.ts'
import { readPod } from '../inject/pod.ts'
import { agentPod, pods } from '../inject/testdata.ts'
import type { AdmissionServices } from './cluster.ts'
import { HANDLERS, mutatePods } from './handlers.ts'
import type { AdmissionRequest, Answer } from './request.ts'
import { inject, podRequest, SERVICES } from './testdata.ts'

async function ask(path: string, request: AdmissionRequest): Promise<Answer> {
  const handler = HANDLERS[path]
  assert.ok(handler)
  return await handler(request, SERVICES)
}

function rulesOf({ faults }: Answer): readonly string[] {
  return [...new Set(faults.map(({ rule }) => rule))]
}

const PLATFORM = { username: 'pat', groups: ['platform'] }
const plain = agentPod({}, {}, { annotations: {} })
const injected = inject(agentPod())

function marked(marks: { labels?: object; annotations?: object }, pod: JsonObject = injected): JsonObject {
  const metadata = readPod(pod).metadata
  return {
    ...pod,
    metadata: {
      ...metadata,
      labels: { ...metadata.labels, ...marks.labels },
      annotations: { ...metadata.annotations, ...marks.annotations },
    },
  }
}

describe('pods are mutated', () => {
  test('if they ask for it', async () => {
    const { faults, patch = [] } = await ask('/mutate-pods', podRequest(agentPod()))
    assert.deepEqual(faults, [])
    assert.ok(patch.some(({ path }) => path === '/spec/initContainers'))
  })

  test('with the trust files of whom they will be', async () => {
    const asked: unknown[] = []
    const cluster: AdmissionServices['cluster'] = {
      ...SERVICES.cluster,
      namespaceLabels: async () => ({ team: 'analytics' }),
      trustFiles: (agent) => {
        asked.push(agent)
        return ['/etc/ssl/orders.pem']
      },
    }
    const { patch } = await mutatePods(podRequest(agentPod()), { ...SERVICES, cluster })
    const agent = { namespace: 'agents', serviceAccount: 'analyst', labels: { app: 'analyst' } }
    assert.deepEqual(asked, [{ ...agent, namespaceLabels: { team: 'analytics' } }])
    assert.match(JSON.stringify(patch), /"mountPath":"\/etc\/ssl\/orders\.pem","subPath":"ca-bundle\.crt"/)
  })

  test('and not if they do not ask, or are no longer new', async () => {
    for (const request of [podRequest(plain), podRequest(injected, { operation: 'UPDATE', oldObject: injected })]) {
      assert.deepEqual(await ask('/mutate-pods', request), { faults: [] })
    }
  })

  test('to pods that are admitted, or are refused at once', async () => {
    await fc.assert(
      fc.asyncProperty(pods, fc.boolean(), async (pod, unsafe) => {
        const made = unsafe ? { ...pod, spec: { ...pod.spec, hostNetwork: true } } : pod
        const { faults } = await ask('/mutate-pods', podRequest(made))
        const validated = await ask('/validate-pods', podRequest(inject(readPod(made))))
        assert.deepEqual(faults, validated.faults)
        assert.equal(faults.length > 0, unsafe)
      }),
    )
  })
})

const creations: Readonly<Record<string, { pod: unknown; namespace?: string; rules: readonly string[] }>> = {
  'a pod that asks for nothing': { pod: plain, rules: [] },
  'an injected pod': { pod: injected, rules: [] },
  'a pod that says no': { pod: marked({ annotations: { 'sallyport.dev/inject': 'false' } }, plain), rules: [] },
  'T34: a pod that asks for nothing, where it is required': { pod: plain, namespace: 'strict', rules: ['required'] },
  'T34: a pod that says no, where it is required': {
    pod: marked({ annotations: { 'sallyport.dev/inject': 'false' } }, plain),
    namespace: 'strict',
    rules: ['required'],
  },
  'a pod that says something else': {
    pod: marked({ annotations: { 'sallyport.dev/inject': 'yes' } }, plain),
    rules: ['inject-true-or-false'],
  },
  'T33: a pod that pretends to be injected': {
    pod: marked({ labels: { 'sallyport.dev/injected': 'true' } }, plain),
    rules: ['only-our-own-marks'],
  },
  'T19: a pod with an annotation that does nothing': {
    pod: marked({ annotations: { 'sallyport.dev/exclude-cidrs': '10.0.0.0/8' } }, plain),
    rules: ['only-our-own-marks'],
  },
}

describe('pods are made', () => {
  for (const [title, { pod, namespace = 'agents', rules }] of Object.entries(creations)) {
    test(title, async () => {
      assert.deepEqual(rulesOf(await ask('/validate-pods', podRequest(pod, { namespace }))), rules)
    })
  }

  test('a namespace that is not known yet is an error, not a pass', async () => {
    await assert.rejects(ask('/validate-pods', podRequest(plain, { namespace: 'new' })), /not known here yet/)
  })
})

const quarantined = marked({ labels: { 'sallyport.dev/quarantine': 'yes' } })
const terminating = readPod(injected)
const withImage = (image: string, more: object = {}): JsonObject => ({
  ...injected,
  spec: {
    ...injected.spec,
    ...more,
    containers: injected.spec.containers.map((container) => ({ ...container, image })),
  },
})

const updates: Readonly<
  Record<string, { before: unknown; after: unknown; user?: AdmissionRequest['userInfo']; rules: readonly string[] }>
> = {
  'a label of the author’s': { before: injected, after: marked({ labels: { app: 'other' } }), rules: [] },
  'finalizers go': {
    before: { ...injected, metadata: { ...injected.metadata, finalizers: ['example.com/a'] } },
    after: injected,
    rules: [],
  },
  'T33: our label changed': {
    before: injected,
    after: marked({ labels: { 'sallyport.dev/injected': 'no' } }),
    rules: ['our-marks-stay'],
  },
  'T33: our annotation changed': {
    before: injected,
    after: marked({ annotations: { 'sallyport.dev/mac': 'x' } }),
    rules: ['our-marks-stay'],
  },
  'T34: asked for no more': {
    before: injected,
    after: marked({ annotations: { 'sallyport.dev/inject': 'false' } }),
    rules: ['our-marks-stay'],
  },
  'T33: the gateway’s image exchanged': {
    before: injected,
    after: {
      ...injected,
      spec: { ...injected.spec, initContainers: injected.spec.initContainers?.map((it) => ({ ...it, image: 'evil' })) },
    },
    rules: ['gateway-stays'],
  },
  'T01: an agent’s image exchanged, who knows for which user': {
    before: injected,
    after: withImage('agent:2'),
    rules: ['image-stays'],
  },
  'an agent’s image exchanged, its user set': {
    before: withImage('agent:1', { securityContext: { runAsUser: 1000 } }),
    after: withImage('agent:2', { securityContext: { runAsUser: 1000 } }),
    rules: [],
  },
  'a terminating pod, whatever changes': {
    before: { ...terminating, metadata: { ...terminating.metadata, deletionTimestamp: '2026-01-02T03:04:05Z' } },
    after: plain,
    rules: [],
  },
  'an un-injected pod gets a new image': {
    before: plain,
    after: { ...plain, spec: { ...plain.spec, containers: [{ name: 'agent', image: 'agent:2' }] } },
    rules: [],
  },
  'an un-injected pod asks too late': {
    before: plain,
    after: marked({ annotations: { 'sallyport.dev/inject': 'true' } }, plain),
    rules: ['our-marks-stay'],
  },
  'quarantine, by anyone': { before: injected, after: quarantined, rules: [] },
  'quarantine, its reason changed': {
    before: quarantined,
    after: marked({ labels: { 'sallyport.dev/quarantine': 'still' } }),
    rules: [],
  },
  'released by just anyone': { before: quarantined, after: injected, rules: ['release'] },
  'released by who may': { before: quarantined, after: injected, user: PLATFORM, rules: [] },
}

describe('pods are changed', () => {
  for (const [title, { before, after, user, rules }] of Object.entries(updates)) {
    test(title, async () => {
      const request = podRequest(after, { operation: 'UPDATE', oldObject: before, ...(user && { userInfo: user }) })
      assert.deepEqual(rulesOf(await ask('/validate-pods', request)), rules)
    })
  }

  test('T30: nothing is added to an injected pod while it runs, anything to others', async () => {
    const debugged = (pod: JsonObject): AdmissionRequest => {
      const { spec } = readPod(pod)
      const after = { ...pod, spec: { ...spec, ephemeralContainers: [{ name: 'debug', image: 'a' }] } }
      return podRequest(after, { operation: 'UPDATE', subResource: 'ephemeralcontainers', oldObject: pod })
    }
    assert.ok(rulesOf(await ask('/validate-pods', debugged(injected))).includes('no-added-containers'))
    assert.deepEqual(rulesOf(await ask('/validate-pods', debugged(plain))), [])
  })
})

const REQUIRED = { 'sallyport.dev/enforcement': 'required' }
const OWNER = { 'sallyport.dev/owner': 'true' }

const namespaces: Readonly<
  Record<string, { before?: object; after: object; platform?: true; rules: readonly string[] }>
> = {
  'made without our labels': { after: {}, rules: [] },
  'made to be required, by anyone': { after: REQUIRED, rules: [] },
  'made an owner, by just anyone': { after: OWNER, rules: ['own'] },
  'made an owner, by who may': { after: OWNER, platform: true, rules: [] },
  'required from now on': { before: {}, after: REQUIRED, rules: [] },
  'T35: no longer required, by just anyone': { before: REQUIRED, after: {}, rules: ['unenforce'] },
  'T35: no longer required, by who may': { before: REQUIRED, after: {}, platform: true, rules: [] },
  'T35: required turned into something else': {
    before: REQUIRED,
    after: { 'sallyport.dev/enforcement': 'off' },
    rules: ['namespace-labels', 'unenforce'],
  },
  'an owner no more, by just anyone': { before: OWNER, after: {}, rules: ['own'] },
  'required and owner at once, even by who may': {
    before: REQUIRED,
    after: { ...REQUIRED, ...OWNER },
    platform: true,
    rules: ['namespace-labels'],
  },
  'other labels of a required one': { before: REQUIRED, after: { ...REQUIRED, team: 'a' }, rules: [] },
  'other labels of one with a word from before': {
    before: { 'sallyport.dev/enforcement': 'Required' },
    after: { 'sallyport.dev/enforcement': 'Required', team: 'a' },
    rules: [],
  },
}

describe('namespaces', () => {
  for (const [title, { before, after, platform, rules }] of Object.entries(namespaces)) {
    test(title, async () => {
      const request: AdmissionRequest = {
        ...podRequest({ metadata: { name: 'n', labels: after } }),
        name: 'n',
        ...(before ? { operation: 'UPDATE', oldObject: { metadata: { name: 'n', labels: before } } } : {}),
        ...(platform && { userInfo: PLATFORM }),
      }
      assert.deepEqual(rulesOf(await ask('/validate-namespaces', request)), rules)
    })
  }
})

function connection(spec: object = {}, secret = 'orders-db-gateway'): JsonObject {
  return {
    apiVersion: 'sallyport.dev/v1alpha1',
    kind: 'Connection',
    metadata: { name: 'orders-db', namespace: 'data' },
    spec: {
      endpoints: [{ host: 'orders-db.data.svc', port: 5432 }],
      credentials: { secretRef: { name: secret } },
      ...spec,
    },
  }
}

const wirings: Readonly<
  Record<
    string,
    { before?: JsonObject; after: JsonObject; namespace?: string; platform?: true; rules: readonly string[] }
  >
> = {
  'T56: a Connection with a Secret that one may not use': { after: connection(), rules: ['use'] },
  'a Connection with a Secret that one may use': { after: connection(), platform: true, rules: [] },
  'a Connection without a Secret': { after: connection({ credentials: undefined }), rules: [] },
  'a Secret of another type': { after: connection({}, 'tls'), platform: true, rules: ['credentials-type'] },
  'a Secret that does not exist yet': { after: connection({}, 'later'), platform: true, rules: [] },
  'T53: a Connection in the agents’ own namespace': {
    after: connection(),
    namespace: 'agents',
    platform: true,
    rules: ['owner-namespace'],
  },
  'T53: a policy in the agents’ own namespace': {
    after: { kind: 'AccessPolicy', spec: { rules: [] } },
    namespace: 'agents',
    rules: ['owner-namespace'],
  },
  'a policy in an owner namespace': { after: { kind: 'AccessPolicy', spec: { rules: [] } }, rules: [] },
  'T56: endpoints changed': { before: connection(), after: connection({ endpoints: [] }), rules: ['use'] },
  'T56: TLS switched off': { before: connection(), after: connection({ tls: { mode: 'Disable' } }), rules: ['use'] },
  'the Secret taken out': { before: connection(), after: connection({ credentials: undefined }), rules: [] },
  'only metadata changed': {
    before: connection(),
    after: { ...connection(), metadata: { name: 'orders-db', finalizers: [] } },
    rules: [],
  },
  'metadata, in a namespace that is no owner any more': {
    before: connection(),
    after: { ...connection(), metadata: { name: 'orders-db', finalizers: [] } },
    namespace: 'agents',
    rules: [],
  },
}

describe('who may wire', () => {
  for (const [title, { before, after, namespace = 'data', platform, rules }] of Object.entries(wirings)) {
    test(title, async () => {
      const kind = String(after['kind'])
      const request: AdmissionRequest = {
        ...podRequest(after, { namespace, kind: { group: 'sallyport.dev', version: 'v1alpha1', kind } }),
        ...(before ? { operation: 'UPDATE', oldObject: before } : {}),
        ...(platform && { userInfo: PLATFORM }),
      }
      assert.deepEqual(rulesOf(await ask('/validate-resources', request)), rules)
    })
  }

  test('the message names the verb, the Secret and who asked', async () => {
    const kind = { group: 'sallyport.dev', version: 'v1alpha1', kind: 'Connection' }
    const { faults } = await ask('/validate-resources', podRequest(connection(), { namespace: 'data', kind }))
    assert.equal(
      faults[0]?.message,
      'anna needs the verb use on secrets orders-db-gateway in namespace data; ask for a role that grants it',
    )
  })
})
