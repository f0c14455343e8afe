// What of the node a pod may share or have done for it: nothing that reaches the network past the pod's own namespace.
import { handlersOf, targetsOf } from '../../inject/inbound-ports.ts'
import type { Resources } from '../../inject/pod.ts'
import { authorsContainers, ofEveryContainer, type PodContext, type PodRule } from '../rule.ts'

export const NODE_RULES: readonly PodRule[] = [
  {
    id: 'no-host-namespaces',
    threats: ['T10', 'T11'],
    check: ({ spec }) => [
      ...(spec.hostNetwork === true ? ['spec.hostNetwork: remove it; the gateway guards the pod’s own network'] : []),
      ...(spec.hostPID === true ? ['spec.hostPID: remove it'] : []),
      ...(spec.hostIPC === true ? ['spec.hostIPC: remove it'] : []),
      ...Object.keys(spec)
        .filter((member) => member.startsWith('host') && !HOST_MEMBERS.has(member))
        .map((member) => `spec.${member}: nobody here knows what it does; remove it, or update Sallyport`),
    ],
  },
  {
    id: 'no-shared-processes',
    threats: ['T11'],
    check: ({ spec }) =>
      spec.shareProcessNamespace === true
        ? ['spec.shareProcessNamespace: remove it; containers could look into the gateway’s process']
        : [],
  },
  {
    // The gateway's user is above 2^30, and a pod's user namespace maps 65,536 users.
    id: 'no-user-namespace',
    threats: ['T51'],
    check: ({ spec }) => (spec.hostUsers === false ? ['spec.hostUsers: false is not supported; remove it'] : []),
  },
  {
    id: 'no-host-ports',
    threats: ['T26'],
    check: ofEveryContainer(({ ports = [] }) =>
      ports
        .filter(({ hostPort = 0 }) => hostPort !== 0)
        .map(({ hostPort }) => `ports: hostPort ${hostPort} is not allowed; use a Service`),
    ),
  },
  {
    id: 'probes-stay-in-the-pod',
    threats: ['T14'],
    check: ofEveryContainer((container) =>
      handlersOf(container)
        .flatMap(targetsOf)
        .filter(({ host = '' }) => host !== '')
        .map(({ host }) => `a probe or hook names the host ${host}; remove host, and the pod itself is asked`),
    ),
  },
  {
    id: 'known-runtime',
    threats: ['T47'],
    check: ({ spec: { runtimeClassName: name } }, { allowances }) =>
      name === undefined || allowances.runtimeClasses.includes(name)
        ? []
        : [
            `spec.runtimeClassName: ${name} may not share the node’s kernel and its packet filter; if it does, add it to allow.runtimeClasses in the chart’s values`,
          ],
  },
  {
    id: 'no-devices',
    threats: ['T06', 'T17'],
    check: (pod, context) => [
      ...((pod.spec.resourceClaims ?? []).length > 0 && !context.allowances.devices.includes('resourceClaims')
        ? [`spec.resourceClaims: ${deviceRemedy('resourceClaims')}`]
        : []),
      ...authorsContainers(pod).flatMap(({ container, place }) =>
        devicesOf(container.resources, context).map((name) => `${place}: resources: ${deviceRemedy(name)}`),
      ),
    ],
  },
]

const HOST_MEMBERS: ReadonlySet<string> = new Set([
  'hostNetwork',
  'hostPID',
  'hostIPC',
  'hostUsers',
  'hostAliases',
  'hostname',
  'hostnameOverride',
])

/** A network device that is no interface (RDMA, for one) is past every packet filter. */
function deviceRemedy(name: string): string {
  return `${name} may be a way past the packet filter; if it is none, add it to allow.devices in the chart’s values`
}

/** Extended resources have a domain; those of Kubernetes itself are no devices. */
function devicesOf({ limits = {}, requests = {} }: Resources = {}, { allowances }: PodContext): readonly string[] {
  return [...new Set([...Object.keys(limits), ...Object.keys(requests)])].filter(
    (name) => name.includes('/') && !name.startsWith('kubernetes.io/') && !allowances.devices.includes(name),
  )
}
