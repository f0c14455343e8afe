// What the API server takes and what it refuses, by the webhooks and policies that the chart installs. The tables of all cases are
// in operator/admission; here is one case for each threat, as its author would send it, and what the refusal tells them to do.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Answer, Stage } from '../stage.ts'
import { type Ground, podField } from './ground.ts'
import { AGENTS, type Json, OUTSIDE, pod } from './pods.ts'

const GATEWAY_USER = 2 ** 30 + 12_345
const elsewhere = { httpGet: { host: 'collector.example', port: 80 } }
const container = (securityContext: Json): Json => pod('x', {}, { securityContext })
const volume = (source: Json): Json => pod('x', { volumes: [{ name: 'probe', ...source }] })
const token = (source: Json): Json =>
  volume({ projected: { sources: [{ serviceAccountToken: { path: 't', ...source } }] } })
const annotated = (annotations: Json, labels: Json = {}): Json =>
  pod('x', {}, {}, { annotations: { 'sallyport.dev/inject': 'true', ...annotations }, labels })

const REFUSED: Readonly<Record<string, readonly [Json, RegExp]>> = {
  'T01: a container as a gateway’s user': [container({ runAsUser: GATEWAY_USER }), /choose another one/],
  'T01: the pod as a gateway’s user': [
    pod('x', { securityContext: { runAsUser: GATEWAY_USER } }),
    /choose another one/,
  ],
  'T05: NET_ADMIN': [container({ capabilities: { add: ['NET_ADMIN'] } }), /NET_ADMIN is not allowed; remove it/],
  'T06: NET_RAW': [container({ capabilities: { add: ['NET_RAW'] } }), /NET_RAW is not allowed; remove it/],
  'T07: privileged': [container({ privileged: true }), /privileged: remove it/],
  'T07: SYS_ADMIN': [container({ capabilities: { add: ['SYS_ADMIN'] } }), /SYS_ADMIN is not allowed; remove it/],
  'T07: unfiltered system calls': [
    container({ seccompProfile: { type: 'Unconfined' } }),
    /RuntimeDefault or Localhost/,
  ],
  'T07: no AppArmor': [container({ appArmorProfile: { type: 'Unconfined' } }), /appArmorProfile.type must be/],
  'T10: the node’s network': [pod('x', { hostNetwork: true }), /hostNetwork: remove it/],
  'T11: the node’s processes': [pod('x', { hostPID: true }), /hostPID: remove it/],
  'T11: the node’s memory': [pod('x', { hostIPC: true }), /hostIPC: remove it/],
  'T11: the gateway’s processes': [pod('x', { shareProcessNamespace: true }), /shareProcessNamespace: remove it/],
  'T12: the runtime’s socket': [
    volume({ hostPath: { path: '/run/containerd/containerd.sock' } }),
    /hostPath are not allowed/,
  ],
  'T13: a server that the node mounts': [volume({ nfs: { server: '192.0.2.1', path: '/' } }), /nfs are not allowed/],
  'T14: a probe of another host': [pod('x', {}, { livenessProbe: elsewhere }), /remove host/],
  'T14: a hook that calls another host': [pod('x', {}, { lifecycle: { preStop: elsewhere } }), /remove host/],
  'T19: an annotation that would exclude a port': [
    annotated({ 'sallyport.dev/exclude-ports': '5432' }),
    /is not known/,
  ],
  'T19: a label of ours': [annotated({}, { 'sallyport.dev/mode': 'off' }), /is not known/],
  'T26: a port of the node': [pod('x', {}, { ports: [{ containerPort: 80, hostPort: 80 }] }), /use a Service/],
  'T26: a port of the gateway': [pod('x', {}, { ports: [{ containerPort: 15_001 }] }), /listen on another port/],
  'T31: a container by the gateway’s name': [
    pod('x', {}, { name: 'sallyport-gateway' }),
    /choose another one|Duplicate/,
  ],
  'T41: a token with the gateway’s audience': [
    token({ audience: 'sallyport.dev/gateway' }),
    /the gateway’s; remove it/,
  ],
  'T41: a token for the API server': [token({}), /for the API server is not allowed; remove it/],
  'T42: the gateway’s token mounted': [
    pod('x', {}, { volumeMounts: [{ name: 'sallyport-token', mountPath: '/t' }] }),
    /belongs to the gateway; remove the mount/,
  ],
  'T47: Windows': [pod('x', { os: { name: 'windows' } }, { securityContext: undefined }), /Linux|windows/i],
  'T51: a user namespace': [pod('x', { hostUsers: false }), /hostUsers: false is not supported; remove it/],
  'T58: an inline CSI volume': [volume({ csi: { driver: 'smb.csi.example' } }), /csi are not allowed/],
  'T58: an image as a volume': [volume({ image: { reference: 'example.com/x' } }), /image are not allowed/],
  'T58: a claim that is not there': [volume({ persistentVolumeClaim: { claimName: 'x' } }), /does not exist yet/],
  'T59: a mesh proxy in the pod': [
    pod('x', { initContainers: [{ name: 'istio-proxy', image: 'localhost/x', restartPolicy: 'Always' }] }),
    /take this pod out of the mesh/,
  ],
  'T59: a pod that the mesh redirects': [annotated({ 'ambient.istio.io/redirection': 'enabled' }), /out of the mesh/],
}

export function admission(ground: () => Ground): void {
  const stage = () => ground().stage

  describe('admission of hostile pods', { concurrency: 4 }, () => {
    for (const [title, [object, says]] of Object.entries(REFUSED)) {
      test(title, async () => refused(await tryMaking(stage(), object), says))
    }

    test('the pod that all of these are made from is taken, with the gateway first (T22)', async () => {
      const made = await tryMaking(stage(), pod('x', { initContainers: [{ name: 'early', image: 'localhost/x' }] }))
      assert.equal(made.code, 0, made.err)
      const names = JSON.parse(made.out).spec.initContainers.map(({ name }: { readonly name: string }) => name)
      assert.deepEqual(names, ['sallyport-rules', 'sallyport-self-test', 'sallyport-gateway', 'early'])
    })

    test('T47: a runtime whose kernel may be another one', async () => {
      const metadata = { name: 'threats-sandbox' }
      await stage().apply([{ apiVersion: 'node.k8s.io/v1', kind: 'RuntimeClass', metadata, handler: 'runsc' }])
      const sandboxed = pod('x', { runtimeClassName: metadata.name })
      // The API server hears of a new class a moment later.
      await stage().until('the webhook’s refusal', async () =>
        (await tryMaking(stage(), sandboxed)).err.includes('runtimeClasses in the chart’s values'),
      )
    })

    test('T34: where the gateway is required, a pod must ask for it, and may not say no', async () => {
      await stage().apply([strict()])
      await stage().until('the default ServiceAccount', async () =>
        (await stage().kubectl('get', 'serviceaccounts', '-n', STRICT)).includes('default'),
      )
      for (const annotations of [{}, { 'sallyport.dev/inject': 'false' }]) {
        const silent = pod('x', { serviceAccountName: 'default' }, {}, { namespace: STRICT, annotations })
        refused(await tryMaking(stage(), silent), /every pod/)
      }
    })

    test('T35: who may label a namespace may not take the requirement off', async () => {
      await stage().apply([strict(), ...mayLabel()])
      const label = ['label', 'namespace', STRICT, 'sallyport.dev/enforcement-', '--as=threats-tenant']
      const said = await stage().until('the webhook’s refusal', async () => {
        const { err } = await tried(stage(), ...label)
        return /sallyport\.dev|verb/.test(err) && err // until the role is in force, the API server itself refuses
      })
      assert.match(said, /needs? the verb unenforce/)
    })

    test('T33: a running pod keeps the gateway, its image, its label and its seal', async () => {
      const patch = (type: string, body: unknown) =>
        tried(stage(), 'patch', 'pod', 'dealer', '-n', AGENTS, `--type=${type}`, '-p', JSON.stringify(body))
      const labels = { metadata: { labels: { 'sallyport.dev/injected': null } } }
      refused(await patch('merge', labels), /cannot be changed; change the pod template/)
      const seal = { metadata: { annotations: { 'sallyport.dev/mac': 'x' } } }
      refused(await patch('merge', seal), /cannot be changed; change the pod template/)
      const image = [{ op: 'replace', path: '/spec/initContainers/2/image', value: 'example.com/mine' }]
      refused(await patch('json', image), /make the pod anew/)
      assert.equal((await patch('merge', { metadata: { labels: { team: 'a' } } })).code, 0)
    })

    test('T30: nobody adds a container to a running pod', async () => {
      for (const profile of ['general', 'netadmin']) {
        const debug = ['debug', '-n', AGENTS, 'dealer', '--image=localhost/x', `--profile=${profile}`, '--', 'true']
        refused(await tried(stage(), ...debug), /--copy-to|is added to a pod|added to a running/)
      }
      assert.equal(await podField(stage(), 'dealer', '{.spec.ephemeralContainers}'), '')
    })

    test('T31: nobody gets into the gateway, and everybody into the agent who may', async () => {
      for (const verb of ['exec', 'attach']) {
        const command = verb === 'exec' ? ['--', 'id'] : []
        const into = await tried(stage(), verb, '-n', AGENTS, 'dealer', '-c', 'sallyport-gateway', ...command)
        refused(into, /nobody gets into/)
      }
      assert.equal(
        (await tried(stage(), 'exec', '-n', AGENTS, 'dealer', '-c', 'agent', '--', 'id', '-u')).out,
        '1000\n',
      )
    })

    test('T39: pods that controllers make are injected like those that people make', async () => {
      const { spec, metadata } = pod('x')
      const template = { metadata: { annotations: Object(metadata).annotations, labels: { app: 'x' } }, spec }
      const job = {
        apiVersion: 'batch/v1',
        kind: 'Job',
        metadata: { name: 'made', namespace: AGENTS },
        spec: { template: { ...template, spec: { ...Object(spec), restartPolicy: 'Never' } } },
      }
      await stage().apply([job])
      const names = await stage().until('the Job’s pod', async () => {
        const path = 'jsonpath={.items[*].spec.initContainers[*].name}'
        return stage().kubectl('get', 'pods', '-n', AGENTS, '-l', 'job-name=made', '-o', path)
      })
      await stage().remove('job', '-n', AGENTS, 'made')
      assert.equal(names, 'sallyport-rules sallyport-self-test sallyport-gateway')
    })
  })
}

const STRICT = `${OUTSIDE}-strict`

function strict(): Json {
  const labels = { 'sallyport.dev/enforcement': 'required' }
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name: STRICT, labels } }
}

function mayLabel(): readonly Json[] {
  const metadata = { name: 'threats-labels' }
  const role = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: metadata.name }
  const apiVersion = 'rbac.authorization.k8s.io/v1'
  return [
    {
      apiVersion,
      kind: 'ClusterRole',
      metadata,
      rules: [{ apiGroups: [''], resources: ['namespaces'], verbs: ['get', 'patch'] }],
    },
    {
      apiVersion,
      kind: 'ClusterRoleBinding',
      metadata,
      roleRef: role,
      subjects: [{ ...role, kind: 'User', name: 'threats-tenant' }].map(({ apiGroup, kind, name }) => ({
        apiGroup,
        kind,
        name,
      })),
    },
  ]
}

/** Undone: what the tests above have made outside the pods' namespaces. */
export async function forgetAdmission({ remove }: Stage): Promise<void> {
  await remove('namespace', STRICT)
  await remove('runtimeclass', 'threats-sandbox')
  await remove('clusterrole,clusterrolebinding', 'threats-labels')
}

/** Asks the API server, which goes all the way but for keeping it. */
export async function tryMaking({ cluster }: Stage, object: unknown, ...options: readonly string[]): Promise<Answer> {
  return cluster
    .kubectl(['create', '--dry-run=server', '-o', 'json', '-f', '-', ...options], JSON.stringify(object))
    .then(answered, failed)
}

export async function tried({ kubectl }: Stage, ...args: readonly string[]): Promise<Answer> {
  return kubectl(...args).then(answered, failed)
}

export function refused({ code, err }: Answer, says: RegExp): void {
  assert.notEqual(code, 0, 'it was taken')
  assert.match(err, says)
}

function answered(out: string): Answer {
  return { code: 0, out, err: '' }
}

function failed(error: unknown): Answer {
  const { stderr, message } = Object(error) as Readonly<Record<string, unknown>>
  return { code: 1, out: '', err: typeof stderr === 'string' && stderr !== '' ? stderr : String(message) }
}
