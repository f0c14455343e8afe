// The ValidatingAdmissionPolicies before a real API server, with no operator anywhere (T36): an injected pod passes as it is,
// and no edit of it does. And what the API server makes of an injected pod, with all its defaults, is still what was rendered.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import { podFaults } from '#operator/admission/pod-rules.ts'
import { CONTEXT } from '#operator/admission/testdata.ts'
import type { JsonObject } from '#operator/inject/json.ts'
import { mutatePod } from '#operator/inject/mutate.ts'
import { type Pod, readPod } from '#operator/inject/pod.ts'
import { agentPod, GATEWAY_UID, INJECTION, SETTINGS } from '#operator/inject/testdata.ts'
import { isRecord } from '#operator/kube/object.ts'
import { type Cluster, startCluster } from '../cluster/cluster.ts'
import { whyNoCluster } from '../cluster/prerequisites.ts'
import { until } from '../cluster/until.ts'

const NAME = 'core'
const [AGENTS, STRICT] = [`${NAME}-agents`, `${NAME}-strict`]
const REPOSITORY = 'registry.example/sallyport-sidecar'

/** As the chart installs them. */
function policies(): string {
  return readFileSync(new URL('../../operator/admission/vap.yaml', import.meta.url), 'utf8')
    .replaceAll('NAME-', `${NAME}-`)
    .replaceAll('OPERATOR_NAMESPACE', 'sallyport-system')
    .replaceAll('SIDECAR_IMAGE', REPOSITORY)
}

function inject(pod: Pod): Pod {
  const settings = { ...SETTINGS, image: `${REPOSITORY}:1.2.3`, imagePullSecrets: [] }
  return mutatePod(pod, { namespace: AGENTS, gatewayUid: GATEWAY_UID }, { ...INJECTION, settings })
}

const METADATA = { namespace: AGENTS, annotations: { 'sallyport.dev/inject': 'true' } }
const SPEC = { serviceAccountName: 'default', restartPolicy: 'Never' }
const injected = inject(agentPod({}, SPEC, METADATA))

type Edit = (pod: Editable) => void
/** A pod that may be changed in place; only tests do that. */
interface Editable {
  metadata: { labels: Record<string, string>; annotations: Record<string, string> }
  spec: {
    [member: string]: unknown
    initContainers: EditableContainer[]
    containers: [EditableContainer]
    volumes: object[]
  }
}
interface EditableContainer {
  [member: string]: unknown
  securityContext: Record<string, unknown>
  volumeMounts: object[]
}

function edited(edit: Edit): JsonObject {
  const pod = JSON.parse(JSON.stringify(injected))
  edit(pod)
  return pod
}

const host = { httpGet: { host: 'target.example', port: 80 } }
const token = (audience?: string): object => ({
  name: 't',
  projected: { sources: [{ serviceAccountToken: { path: 't', ...(audience === undefined ? {} : { audience }) } }] },
})

const refusedEdits: Readonly<Record<string, { edit: Edit; says: RegExp }>> = {
  'T23: the gateway taken out': { edit: ({ spec }) => spec.initContainers.pop(), says: /as it was rendered/ },
  'T22: ours in another order': { edit: ({ spec }) => spec.initContainers.reverse(), says: /as it was rendered/ },
  'T22: a container before ours': {
    edit: ({ spec }) => spec.initContainers.unshift({ ...spec.containers[0], name: 'first' }),
    says: /as it was rendered/,
  },
  'T23: an image whose name only begins like ours': {
    edit: ({ spec }) => Object.assign(spec.initContainers[2] ?? {}, { image: `${REPOSITORY}-evil:1` }),
    says: /as it was rendered/,
  },
  'T23: another mode': {
    edit: ({ spec }) => Object.assign(spec.initContainers[0] ?? {}, { args: ['gateway'] }),
    says: /as it was rendered/,
  },
  'T23: another program of our image': {
    edit: ({ spec }) => Object.assign(spec.initContainers[0] ?? {}, { command: ['true'] }),
    says: /as it was rendered/,
  },
  'T23: the gateway as a user that an image may have': {
    edit: ({ spec }) => Object.assign(spec.initContainers[2]?.securityContext ?? {}, { runAsUser: 1000 }),
    says: /another security context/,
  },
  'T33: our label missing': {
    edit: ({ metadata }) => Reflect.deleteProperty(metadata.labels, 'sallyport.dev/injected'),
    says: /marks are missing/,
  },
  'T33: our seal missing': {
    edit: ({ metadata }) => Reflect.deleteProperty(metadata.annotations, 'sallyport.dev/mac'),
    says: /marks are missing/,
  },
  'T10: hostNetwork': { edit: ({ spec }) => Object.assign(spec, { hostNetwork: true }), says: /hostNetwork/ },
  'T11: hostPID': { edit: ({ spec }) => Object.assign(spec, { hostPID: true }), says: /hostPID/ },
  'T11: shared processes': {
    edit: ({ spec }) => Object.assign(spec, { shareProcessNamespace: true }),
    says: /shareProcessNamespace/,
  },
  'T51: a user namespace': { edit: ({ spec }) => Object.assign(spec, { hostUsers: false }), says: /hostUsers/ },
  'T07: privileged': {
    edit: ({ spec }) => Object.assign(spec.containers[0], { securityContext: { privileged: true } }),
    says: /is privileged/,
  },
  'T05: a capability': {
    edit: ({ spec }) =>
      Object.assign(spec.containers[0].securityContext, { capabilities: { add: ['NET_ADMIN'], drop: ['ALL'] } }),
    says: /has capabilities/,
  },
  'T06: the default capabilities': {
    edit: ({ spec }) => Reflect.deleteProperty(spec.containers[0].securityContext, 'capabilities'),
    says: /has capabilities/,
  },
  'T02: privileges to gain': {
    edit: ({ spec }) => Object.assign(spec.containers[0].securityContext, { allowPrivilegeEscalation: true }),
    says: /may gain privileges/,
  },
  'T08: unfiltered system calls': {
    edit: ({ spec }) => Object.assign(spec.containers[0].securityContext, { seccompProfile: { type: 'Unconfined' } }),
    says: /system calls/,
  },
  'T08: nothing said of system calls': {
    edit: ({ spec }) => Reflect.deleteProperty(spec.containers[0].securityContext, 'seccompProfile'),
    says: /system calls/,
  },
  'T01: a container as the gateway’s user': {
    edit: ({ spec }) => Object.assign(spec.containers[0].securityContext, { runAsUser: GATEWAY_UID }),
    says: /the gateways'/,
  },
  'T01: the pod as the gateway’s user': {
    edit: ({ spec }) => Object.assign(spec, { securityContext: { runAsUser: GATEWAY_UID } }),
    says: /the gateways'/,
  },
  'T12: a path of the node': {
    edit: ({ spec }) => spec.volumes.push({ name: 'h', hostPath: { path: '/' } }),
    says: /only volumes of type/,
  },
  'T58: an inline CSI volume': {
    edit: ({ spec }) => spec.volumes.push({ name: 'h', csi: { driver: 'smb.csi.example' } }),
    says: /only volumes of type/,
  },
  'T41: a second token with our audience': {
    edit: ({ spec }) => spec.volumes.push(token('sallyport.dev/gateway')),
    says: /only the gateway holds/,
  },
  'T40: a token for the API server': {
    edit: ({ spec }) => spec.volumes.push(token()),
    says: /only the gateway holds/,
  },
  'T42: the gateway’s state mounted': {
    edit: ({ spec }) => spec.containers[0].volumeMounts.push({ name: 'sallyport-state', mountPath: '/s' }),
    says: /volumes are its own/,
  },
  'T42: the trust bundle to write': {
    edit: ({ spec }) => Object.assign(spec.containers[0].volumeMounts[0] ?? {}, { readOnly: false }),
    says: /volumes are its own/,
  },
  'T14: a probe of another host': {
    edit: ({ spec }) => Object.assign(spec.containers[0], { livenessProbe: host }),
    says: /probe names another host/,
  },
  'T14: a hook that calls another host': {
    edit: ({ spec }) => Object.assign(spec.containers[0], { lifecycle: { preStop: host } }),
    says: /hook names another host/,
  },
}

describe('the core of admission, without an operator', {
  skip: whyNoCluster() ?? false,
  concurrency: false,
}, () => {
  let cluster: Cluster
  /** The injected pod as the API server made it. */
  let born: string

  const tried = async (...args: readonly string[]): Promise<string | undefined> =>
    cluster.kubectl(args).then(
      () => undefined,
      (error: Error) => error.message,
    )
  const create = async (pod: unknown): Promise<string | undefined> =>
    cluster.kubectl(['create', '--dry-run=server', '-f', '-'], JSON.stringify(pod)).then(
      () => undefined,
      (error: Error) => error.message,
    )
  const namespace = (name: string, labels: object): string =>
    JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } })
  const refused = async (said: Promise<string | undefined>, pattern: RegExp): Promise<void> => {
    assert.match((await said) ?? 'it was admitted', pattern)
  }
  const change = (patch: object, ...how: readonly string[]): Promise<string | undefined> =>
    tried('patch', 'pod', 'agent', '-n', AGENTS, '--type=merge', '-p', JSON.stringify(patch), ...how)
  const exchange = (path: string): Promise<string | undefined> => {
    const patch = JSON.stringify([{ op: 'replace', path, value: 'evil.example/image:1' }])
    return tried('patch', 'pod', 'agent', '-n', AGENTS, '--type=json', '-p', patch)
  }

  const debug = (): Promise<string | undefined> =>
    tried('debug', 'agent', '-n', AGENTS, '--image=debug', '-q', '--', 'true')
  const enter = (how: 'exec' | 'attach', container: string): Promise<string | undefined> =>
    tried(how, 'agent', '-n', AGENTS, '-c', container, ...(how === 'exec' ? ['--', 'true'] : []))

  before(async () => {
    // Of its own, and without pods that run: in a cluster with Sallyport its webhooks would speak first.
    cluster = await startCluster({ node: false })
    const enforce = { 'pod-security.kubernetes.io/enforce': 'privileged' }
    await cluster.kubectl(['apply', '-f', '-'], namespace(AGENTS, enforce))
    await cluster.kubectl(
      ['apply', '-f', '-'],
      namespace(STRICT, { ...enforce, 'sallyport.dev/enforcement': 'required' }),
    )
    await until('the ServiceAccount of the namespace', 60_000, async () =>
      (await tried('get', 'serviceaccount', 'default', '-n', AGENTS)) === undefined ? true : undefined,
    )
    await cluster.kubectl(['apply', '-f', '-'], policies())
    await cluster.kubectl(['create', '-f', '-'], JSON.stringify(injected))
    born = await cluster.kubectl(['get', 'pod', 'agent', '-n', AGENTS, '-o', 'json'])
    // Policies take effect one by one, some time after they were made. Until then an attempt succeeds, so it is a dry run where it can be.
    const inForce = (what: string, attempt: () => Promise<string | undefined>): Promise<true> =>
      until(`the policy for ${what}`, 60_000, async () => ((await attempt())?.includes(NAME) ? true : undefined))
    await inForce('new pods', () => create(agentPod({}, SPEC, METADATA)))
    const unmark = { metadata: { labels: { 'sallyport.dev/injected': 'no' } } }
    await inForce('running pods', () => change(unmark, '--dry-run=server'))
    await inForce('added containers', debug)
    await inForce('connections', () => enter('exec', 'sallyport-gateway'))
    const own = ['label', 'namespace', STRICT, 'sallyport.dev/owner=true', '--dry-run=server']
    await inForce('namespaces', () => tried(...own))
  })
  after(() => cluster.stop())

  test('an injected pod is admitted, and the API server’s defaults leave our parts as they were rendered', async () => {
    const pod = readPod(JSON.parse(born))
    assert.ok(isRecord(pod.spec.containers[0]?.['resources']), 'defaults were set')
    const renderings = new Set([pod.metadata.annotations?.['sallyport.dev/rendering'] ?? ''])
    assert.deepEqual(podFaults(pod, { ...CONTEXT, namespace: AGENTS, renderings }), [])
  })

  for (const [title, { edit, says }] of Object.entries(refusedEdits)) {
    test(`${title}: refused`, () => refused(create(edited(edit)), says))
  }

  test('T36: a pod that asks for the gateway is refused while nobody can inject it, others are not', async () => {
    await refused(create(agentPod({}, SPEC, METADATA)), /as it was rendered/)
    assert.equal(await create(agentPod({}, SPEC, { name: 'other', namespace: AGENTS, annotations: {} })), undefined)
  })

  test('T34: where the gateway is required, a pod must ask for it', async () => {
    await refused(create(agentPod({}, SPEC, { namespace: STRICT, annotations: {} })), /every pod of this namespace/)
  })

  test('T33: what is ours stays in a running pod, everything else may change', async () => {
    assert.equal(await change({ metadata: { labels: { app: 'other' }, annotations: { note: 'x' } } }), undefined)
    await refused(change({ metadata: { labels: { 'sallyport.dev/injected': null } } }), /cannot be changed/)
    await refused(change({ metadata: { annotations: { 'sallyport.dev/mac': 'x' } } }), /cannot be changed/)
    await refused(exchange('/spec/initContainers/2/image'), /images of a running pod/)
  })

  test('T33: a pod that is going may change as it likes, so that it can go', async () => {
    const held = edited(({ metadata }) => Object.assign(metadata, { name: 'held', finalizers: ['example.com/hold'] }))
    await cluster.kubectl(['create', '-f', '-'], JSON.stringify(held))
    await cluster.kubectl(['delete', 'pod', 'held', '-n', AGENTS, '--wait=false'])
    const patch = JSON.stringify({ metadata: { labels: { 'sallyport.dev/injected': null }, finalizers: null } })
    assert.equal(await tried('patch', 'pod', 'held', '-n', AGENTS, '--type=merge', '-p', patch), undefined)
  })

  test('T01: an image is not exchanged while nobody says which user it runs as', async () => {
    await refused(exchange('/spec/containers/0/image'), /sets no securityContext.runAsUser/)
  })

  test('quarantine is set by anyone, and taken off by who may release', async () => {
    const release = { metadata: { labels: { 'sallyport.dev/quarantine': null } } }
    const tenant = ['--as=anna', 'patch', 'pod', 'agent', '-n', AGENTS, '--type=merge', '-p', JSON.stringify(release)]
    await cluster.kubectl(['create', 'role', 'patcher', '-n', AGENTS, '--verb=get,patch', '--resource=pods'])
    await cluster.kubectl(['create', 'rolebinding', 'patcher', '-n', AGENTS, '--role=patcher', '--user=anna'])
    assert.equal(await change({ metadata: { labels: { 'sallyport.dev/quarantine': 'suspicious' } } }), undefined)
    // Until the role is in force, the API server itself refuses.
    await until('the refusal of the policy', 60_000, async () =>
      (await tried(...tenant))?.includes('needs the verb release') ? true : undefined,
    )
    assert.equal(await change(release), undefined)
  })

  test('T30: nothing unconfined is added to a running pod', async () => {
    await refused(debug(), /is added to a pod/)
  })

  test('T31: nobody gets into the gateway, and its name alone decides', async () => {
    await refused(enter('exec', 'sallyport-gateway'), /nobody gets into/)
    await refused(enter('attach', 'sallyport-rules'), /nobody gets into/)
    const said = await enter('exec', 'agent')
    assert.doesNotMatch(said ?? '', /denied request/)
  })

  test('T35: who may label a namespace may still not take its enforcement off, or make it an owner', async () => {
    await tried('create', 'clusterrole', NAME, '--verb=get,patch', '--resource=namespaces')
    await tried('create', 'clusterrolebinding', NAME, `--clusterrole=${NAME}`, '--user=anna')
    const label = (...labels: readonly string[]) =>
      tried('--as=anna', 'label', 'namespace', STRICT, '--overwrite', ...labels)
    await until('the refusal of the policy', 60_000, async () =>
      (await label('sallyport.dev/enforcement-'))?.includes('needs the verb unenforce') ? true : undefined,
    )
    await refused(label('sallyport.dev/enforcement-', 'sallyport.dev/owner=true'), /needs the verb/)
    assert.equal(await label('team=a'), undefined)
  })
})
