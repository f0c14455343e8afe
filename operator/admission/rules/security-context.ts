// What the author's containers may not be, have or gain. The Pod Security Standards' level restricted, with two differences:
// no capability may be added at all (NET_BIND_SERVICE included; ports need it no more), and any user may be run as, root
// too, because one without capabilities is held by the packet filter like any other.
import type { SecurityContext } from '../../inject/pod.ts'
import { authorsContainers, ofEveryContainer, type PodRule } from '../rule.ts'

export const SECURITY_CONTEXT_RULES: readonly PodRule[] = [
  {
    id: 'no-capabilities',
    threats: ['T02', 'T05', 'T06', 'T45'],
    check: ofEveryContainer(({ securityContext: { capabilities = {} } = {} }) => [
      ...(capabilities.add ?? []).map((name) => `securityContext.capabilities.add: ${name} is not allowed; remove it`),
      ...(capabilities.drop?.includes('ALL') ? [] : ['securityContext.capabilities.drop must hold ALL']),
    ]),
  },
  {
    id: 'not-privileged',
    threats: ['T07'],
    check: ofEveryContainer(({ securityContext }) =>
      securityContext?.privileged === true ? ['securityContext.privileged: remove it'] : [],
    ),
  },
  {
    id: 'no-new-privileges',
    threats: ['T02', 'T04', 'T45'],
    check: ofEveryContainer(({ securityContext }) =>
      securityContext?.allowPrivilegeEscalation === false
        ? []
        : ['securityContext.allowPrivilegeEscalation must be false'],
    ),
  },
  {
    id: 'system-calls-filtered',
    threats: ['T07', 'T08', 'T09'],
    check: ofEveryContainer(({ securityContext }, { spec }) => {
      const type = securityContext?.seccompProfile?.type ?? spec.securityContext?.seccompProfile?.type
      return type === 'RuntimeDefault' || type === 'Localhost'
        ? []
        : ['securityContext.seccompProfile.type must be RuntimeDefault or Localhost']
    }),
  },
  {
    id: 'proc-masked',
    threats: ['T07'],
    check: ofEveryContainer(({ securityContext }) =>
      (securityContext?.procMount ?? 'Default') === 'Default'
        ? []
        : ['securityContext.procMount must be Default; remove it'],
    ),
  },
  {
    id: 'apparmor-confined',
    threats: ['T07'],
    check: (pod) => [
      ...contextsOf(pod, ({ appArmorProfile }) =>
        ['RuntimeDefault', 'Localhost', undefined].includes(appArmorProfile?.type)
          ? undefined
          : 'appArmorProfile.type must be RuntimeDefault or Localhost',
      ),
      ...Object.entries(pod.metadata.annotations ?? {})
        .filter(
          ([key, value]) => key.startsWith(APPARMOR_ANNOTATION) && !/^(runtime\/default|localhost\/.*|)$/.test(value),
        )
        .map(([key]) => `metadata.annotations: ${key} must be runtime/default or localhost/…; remove it`),
    ],
  },
  {
    id: 'selinux-confined',
    threats: ['T07'],
    check: (pod) =>
      contextsOf(pod, ({ seLinuxOptions: { type = '', user = '', role = '' } = {} }) =>
        SELINUX_TYPES.has(type) && user === '' && role === ''
          ? undefined
          : 'seLinuxOptions: only the types of containers are allowed, and no user or role; remove it',
      ),
  },
  {
    id: 'only-safe-sysctls',
    threats: ['T07'],
    check: ({ spec }) =>
      (spec.securityContext?.sysctls ?? [])
        .filter(({ name = '' }) => !SAFE_SYSCTLS.has(name))
        .map(({ name }) => `spec.securityContext.sysctls: ${name} is not allowed; remove it`),
  },
  {
    id: 'not-windows',
    threats: ['T47'],
    check: (pod) => [
      ...(pod.spec.os?.name === 'windows' ? ['spec.os: agents’ pods run on Linux; remove it'] : []),
      ...contextsOf(
        pod,
        ({ windowsOptions }) => windowsOptions && 'windowsOptions: agents’ pods run on Linux; remove it',
      ),
    ],
  },
  {
    // A later API server may know a member that undoes one of the rules above.
    id: 'only-known-security-members',
    threats: ['T07'],
    check: (pod) => [
      ...unknownMembers(pod.spec.securityContext, POD_MEMBERS).map(
        (member) => `spec.securityContext.${member}: ${UNKNOWN}`,
      ),
      ...authorsContainers(pod).flatMap(({ container, place }) =>
        unknownMembers(container.securityContext, CONTAINER_MEMBERS).map(
          (member) => `${place}: securityContext.${member}: ${UNKNOWN}`,
        ),
      ),
    ],
  },
]

const APPARMOR_ANNOTATION = 'container.apparmor.security.beta.kubernetes.io/'
const SELINUX_TYPES: ReadonlySet<string> = new Set([
  '',
  'container_t',
  'container_init_t',
  'container_kvm_t',
  'container_engine_t',
])
/** The list of the Pod Security Standards, level baseline. */
const SAFE_SYSCTLS: ReadonlySet<string> = new Set([
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.ping_group_range',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_rmem',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.tcp_wmem',
])

const UNKNOWN = 'nobody here knows what it does; remove it, or update Sallyport'
const SHARED_MEMBERS = [
  'appArmorProfile',
  'runAsGroup',
  'runAsNonRoot',
  'runAsUser',
  'seLinuxOptions',
  'seccompProfile',
  'windowsOptions',
]
const POD_MEMBERS: ReadonlySet<string> = new Set([
  ...SHARED_MEMBERS,
  'fsGroup',
  'fsGroupChangePolicy',
  'seLinuxChangePolicy',
  'supplementalGroups',
  'supplementalGroupsPolicy',
  'sysctls',
])
const CONTAINER_MEMBERS: ReadonlySet<string> = new Set([
  ...SHARED_MEMBERS,
  'allowPrivilegeEscalation',
  'capabilities',
  'privileged',
  'procMount',
  'readOnlyRootFilesystem',
])

/** Asks the same of the pod's security context and of every container's. */
function contextsOf(
  pod: Parameters<PodRule['check']>[0],
  check: (context: SecurityContext) => string | undefined,
): readonly string[] {
  const contexts = [
    { place: 'spec', context: pod.spec.securityContext },
    ...authorsContainers(pod).map(({ container, place }) => ({ place, context: container.securityContext })),
  ]
  return contexts.flatMap(({ place, context }) => {
    const fault = check(context ?? {})
    return fault === undefined ? [] : [`${place}: securityContext.${fault}`]
  })
}

function unknownMembers(context: SecurityContext | undefined, known: ReadonlySet<string>): readonly string[] {
  return Object.keys(context ?? {}).filter((member) => !known.has(member))
}
