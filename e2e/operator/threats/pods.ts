// The pods that attack, in a namespace of their own, and what each of them is for. All are made at once, before the first test.
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { reference } from '#images/images.ts'
import type { Stage } from '../stage.ts'

export const AGENTS = 'threats-agents'
export const OUTSIDE = 'threats-outside'
/** Nobody has it; it lies behind the node, so that what is sent there would be seen on the way. */
export const NOWHERE = '10.201.255.77'
/** A pod that is to wait asks for a node with this label. */
export const WAITING_LABEL = 'threats.example/started'
/** The outlaw serves both and declares the first. */
export const [DECLARED, UNDECLARED] = [8080, 8079]

const PROBE = fileURLToPath(new URL('../../../sidecar/containment/testing/probe.py', import.meta.url))

export type Json = { [member: string]: unknown }

export const IMAGE = { image: reference('sallyport-e2e-agent'), imagePullPolicy: 'Never' }

/** A pod as an author writes it. */
export function pod(name: string, spec: Json = {}, agent: Json = {}, metadata: Json = {}): Json {
  const container = {
    name: 'agent',
    ...IMAGE,
    command: ['sleep', 'infinity'],
    volumeMounts: [{ name: 'probe', mountPath: '/probe' }],
    ...agent,
  }
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: AGENTS, annotations: { 'sallyport.dev/inject': 'true' }, ...metadata },
    spec: {
      serviceAccountName: 'dealer',
      terminationGracePeriodSeconds: 1,
      containers: [container],
      volumes: [{ name: 'probe', configMap: { name: 'probe' } }],
      ...spec,
    },
  }
}

const tried = (...attempt: readonly (string | number)[]): string => `python3 /probe/probe.py ${attempt.join(' ')}`

/** Before the author's containers nobody of the author's runs; this one is the first to try. */
const EARLY = {
  name: 'early',
  ...IMAGE,
  command: ['sh', '-c', `${tried('send_udp', NOWHERE, 443)}; ${tried('tcp', NOWHERE, 443)}; ${tried('ping', NOWHERE)}`],
  volumeMounts: [{ name: 'probe', mountPath: '/probe' }],
}

/** Takes the gateway's ports whenever they are free. */
const SQUAT = `
import socket, time
while True:
    for place in (('127.0.0.1', 15001), ('0.0.0.0', 15006), ('127.0.0.1', 15053)):
        s = socket.socket()
        try:
            s.bind(place); s.listen(); globals()[str(place)] = s; print('took', place[1], flush=True)
        except OSError:
            pass
    time.sleep(0.01)
`

export const PODS = {
  /** Root, with no grant at all: its gateway has no reason to speak to anybody but the operator. */
  outlaw: pod(
    'outlaw',
    { serviceAccountName: 'nobody', automountServiceAccountToken: true, initContainers: [EARLY] },
    {
      command: ['python3', '/probe/probe.py', 'serve', `tcp,0.0.0.0,${DECLARED}`, `tcp,0.0.0.0,${UNDECLARED}`],
      ports: [{ containerPort: DECLARED }],
      securityContext: { runAsUser: 0 },
    },
  ),
  /** An ordinary user with a grant. */
  dealer: pod('dealer', {}, { securityContext: { runAsUser: 1000 } }),
  squatter: pod('squatter', {}, { command: ['python3', '-c', SQUAT] }),
  /** Its sandbox is made again; what its agent can reach with its first instruction is in its log. */
  reborn: pod(
    'reborn',
    {},
    { command: ['sh', '-c', `${tried('send_udp', NOWHERE, 443)}; ${tried('tcp', NOWHERE, 443)}; exec sleep infinity`] },
  ),
  /** Its author tells it, and would like to tell the gateway, that the database is elsewhere. */
  misled: pod('misled', {
    hostAliases: [{ ip: NOWHERE, hostnames: ['orders-db.data.svc', 'orders-db.data.svc.cluster.local'] }],
    dnsPolicy: 'None',
    dnsConfig: { nameservers: [NOWHERE] },
  }),
  /** Waits for a node. */
  late: pod('late', { nodeSelector: { [WAITING_LABEL]: 'true' } }),
} as const

/** Not injected: a neighbour. */
const PEER = pod('peer', { serviceAccountName: 'default' }, {}, { namespace: OUTSIDE, annotations: {} })

export async function makePods({ apply, cluster, kubectl, until }: Stage): Promise<void> {
  await apply([AGENTS, OUTSIDE].map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })))
  const probe = { 'probe.py': await readFile(PROBE, 'utf8') }
  await apply([
    ...[AGENTS, OUTSIDE].map((namespace) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'probe', namespace },
      data: probe,
    })),
    ...['nobody', 'dealer'].map((name) => ({
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name, namespace: AGENTS },
    })),
    {
      apiVersion: 'sallyport.dev/v1alpha1',
      kind: 'AccessPolicy',
      metadata: { name: 'threats', namespace: 'data' },
      spec: {
        agents: { namespaces: [AGENTS], serviceAccounts: ['dealer'] },
        connections: ['orders-db'],
        rules: [{ name: 'reads', match: { effects: ['Read'] }, action: 'Allow' }],
        masking: [],
        limits: [],
      },
    },
  ])
  await until('ServiceAccounts', async () =>
    (await kubectl('get', 'serviceaccounts', '-n', OUTSIDE)).includes('default'),
  )
  await apply([PEER, ...Object.values(PODS)])
  const running = Object.keys(PODS).filter((name) => name !== 'late')
  const ready = ['wait', '--for=condition=Ready', '--timeout=240s']
  await cluster.kubectl([...ready, '-n', AGENTS, ...running.map((name) => `pod/${name}`)])
  await cluster.kubectl([...ready, '-n', OUTSIDE, 'pod/peer'])
}

export async function removePods({ remove }: Stage): Promise<void> {
  await remove('namespace', AGENTS, OUTSIDE)
  await remove('accesspolicy', '-n', 'data', 'threats')
}
