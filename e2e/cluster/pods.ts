// Pods that tests start, of the agent's image.
import { reference } from '#images/images.ts'

const IMAGE = { image: reference('sallyport-e2e-agent'), imagePullPolicy: 'Never' }

/** A pod with one container that is called `agent` and runs once. */
export function agentPod(
  name: string,
  command: readonly string[],
  securityContext: Readonly<Record<string, unknown>> = {},
  labels: Readonly<Record<string, string>> = {},
): unknown {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels },
    spec: { ...ENDING, containers: [{ name: 'agent', ...IMAGE, command, securityContext }] },
  }
}

/** `sleep` as the first process takes no notice of SIGTERM, so pods are ended soon. */
const ENDING = { restartPolicy: 'Never', terminationGracePeriodSeconds: 1 }

const SIDECAR_USER = 1_500_000_000

const RULES = `
table inet steering {
  chain steer {
    type nat hook output priority -100; policy accept;
    meta skuid ${SIDECAR_USER} return
    ip daddr 192.0.2.1 tcp dport 5432 dnat ip to 127.77.0.9:15006
  }
  chain leave {
    type filter hook output priority 0; policy drop;
    meta skuid ${SIDECAR_USER} accept
    fib daddr type local accept
    meta l4proto tcp reject with tcp reset
  }
}
`

const SIDECAR = `
require('node:net').createServer((socket) => socket.end(socket.localAddress + ':' + socket.localPort))
  .listen(15006, '127.77.0.9', () => require('node:fs').writeFileSync('/tmp/listening', ''))
`

const AGENT = `
const { connect } = require('node:net')
connect(5432, '192.0.2.1').on('data', (text) => console.log('steered: arrived at ' + text)).on('close', () => {
  connect(5433, '192.0.2.1').on('error', ({ code }) => {
    console.log('any other: ' + code)
    const socket = require('node:dgram').createSocket('udp4')
    socket.send('x', 9, '192.0.2.1', (error) => {
      console.log('UDP: ' + (error ? error.code : 'sent'))
      socket.close()
    })
  })
})
`

/** The shape of an injected pod, with a few lines in place of the gateway: it shows that kernel and runtime can do it. */
export const STEERED_POD: unknown = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'steered' },
  spec: {
    ...ENDING,
    initContainers: [
      {
        name: 'rules',
        ...IMAGE,
        command: ['sh', '-c', 'echo "$RULES" | nft -f -'],
        env: [{ name: 'RULES', value: RULES }],
        securityContext: confined(0, ['NET_ADMIN']),
      },
      {
        name: 'sidecar',
        ...IMAGE,
        restartPolicy: 'Always',
        command: ['node', '-e', SIDECAR],
        securityContext: confined(SIDECAR_USER, []),
        startupProbe: { exec: { command: ['test', '-e', '/tmp/listening'] }, periodSeconds: 1, failureThreshold: 60 },
      },
    ],
    containers: [{ name: 'agent', ...IMAGE, command: ['node', '-e', AGENT], securityContext: confined(1000, []) }],
  },
}

function confined(runAsUser: number, add: readonly string[]): unknown {
  return {
    runAsUser,
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'], add },
    seccompProfile: { type: 'RuntimeDefault' },
  }
}
