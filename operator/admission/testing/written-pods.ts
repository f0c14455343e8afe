// Pods as their authors write them, and which rule refuses each.
import { UID_RANGE } from '#contracts/pod/names.ts'
import { GATEWAY_UID } from '../../inject/testdata.ts'

interface Case {
  readonly container?: object
  readonly spec?: object
  readonly metadata?: object
  /** The one rule that refuses it; absent: it is admitted. */
  readonly rule?: string
}

const inVolume = (volume: object): Case => ({ spec: { volumes: [{ name: 'v', ...volume }] } })
const inContext = (securityContext: object): Case => ({ container: { securityContext } })
const inPodContext = (securityContext: object): Case => ({ spec: { securityContext } })
const refused = (rule: string, one: Case): Case => ({ ...one, rule })

export const WRITTEN: Readonly<Record<string, Case>> = {
  'an ordinary pod': {},
  'T01: a container as a user of the gateways’ range': refused(
    'gateway-user-is-its-own',
    inContext({ runAsUser: GATEWAY_UID }),
  ),
  'T01: the pod as a user of the gateways’ range': refused(
    'gateway-user-is-its-own',
    inPodContext({ runAsUser: UID_RANGE.below - 1 }),
  ),
  'T01: the user before the range': inContext({ runAsUser: UID_RANGE.from - 1 }),
  'T03: a group of one’s own choice, even the gateway’s': inPodContext({
    runAsGroup: GATEWAY_UID,
    supplementalGroups: [GATEWAY_UID],
  }),
  root: inContext({ runAsUser: 0 }),
  'T05: NET_ADMIN': refused('no-capabilities', inContext({ capabilities: { add: ['NET_ADMIN'] } })),
  'T05: NET_BIND_SERVICE, which level restricted allows': refused(
    'no-capabilities',
    inContext({ capabilities: { add: ['NET_BIND_SERVICE'] } }),
  ),
  'T06: NET_RAW': refused('no-capabilities', inContext({ capabilities: { add: ['NET_RAW'], drop: ['ALL'] } })),
  'T07: privileged': refused('not-privileged', inContext({ privileged: true })),
  'T07: privileged: false': inContext({ privileged: false }),
  'T07: SYS_ADMIN': refused('no-capabilities', inContext({ capabilities: { add: ['SYS_ADMIN'] } })),
  'T07: /proc unmasked': refused('proc-masked', inContext({ procMount: 'Unmasked' })),
  'T07: /proc as usual': inContext({ procMount: 'Default' }),
  'T07: seccomp unconfined, container': refused(
    'system-calls-filtered',
    inContext({ seccompProfile: { type: 'Unconfined' } }),
  ),
  'T07: seccomp unconfined, pod': refused(
    'system-calls-filtered',
    inPodContext({ seccompProfile: { type: 'Unconfined' } }),
  ),
  'T08: a seccomp profile of the node': inContext({ seccompProfile: { type: 'Localhost', localhostProfile: 'a' } }),
  'T07: AppArmor unconfined, container': refused(
    'apparmor-confined',
    inContext({ appArmorProfile: { type: 'Unconfined' } }),
  ),
  'T07: AppArmor unconfined, pod': refused(
    'apparmor-confined',
    inPodContext({ appArmorProfile: { type: 'Unconfined' } }),
  ),
  'T07: AppArmor as the runtime has it': inContext({ appArmorProfile: { type: 'RuntimeDefault' } }),
  'T07: AppArmor unconfined, annotation': {
    metadata: {
      annotations: {
        'sallyport.dev/inject': 'true',
        'container.apparmor.security.beta.kubernetes.io/agent': 'unconfined',
      },
    },
    rule: 'apparmor-confined',
  },
  'T07: AppArmor by annotation': {
    metadata: {
      annotations: {
        'sallyport.dev/inject': 'true',
        'container.apparmor.security.beta.kubernetes.io/agent': 'runtime/default',
      },
    },
  },
  'T07: an SELinux type that confines nothing': refused(
    'selinux-confined',
    inContext({ seLinuxOptions: { type: 'spc_t' } }),
  ),
  'T07: an SELinux user': refused('selinux-confined', inPodContext({ seLinuxOptions: { user: 'system_u' } })),
  'T07: an SELinux role': refused('selinux-confined', inPodContext({ seLinuxOptions: { role: 'sysadm_r' } })),
  'T07: an SELinux type of containers, and a level': inContext({
    seLinuxOptions: { type: 'container_t', level: 's0:c1' },
  }),
  'T07: a sysctl of the node': refused(
    'only-safe-sysctls',
    inPodContext({ sysctls: [{ name: 'kernel.core_pattern', value: '|' }] }),
  ),
  'T07: a sysctl of the network that is not on the list': refused(
    'only-safe-sysctls',
    inPodContext({ sysctls: [{ name: 'net.ipv4.ip_forward', value: '1' }] }),
  ),
  'T07: a safe sysctl': inPodContext({ sysctls: [{ name: 'net.ipv4.tcp_syncookies', value: '1' }] }),
  'T07: a security member that nobody knows, container': refused(
    'only-known-security-members',
    inContext({ mayDoAnything: true }),
  ),
  'T07: a security member that nobody knows, pod': refused(
    'only-known-security-members',
    inPodContext({ mayDoAnything: true }),
  ),
  'T10: the host’s network': { spec: { hostNetwork: true }, rule: 'no-host-namespaces' },
  'T10: hostNetwork: false': { spec: { hostNetwork: false } },
  'T11: the host’s processes': { spec: { hostPID: true }, rule: 'no-host-namespaces' },
  'T11: the host’s IPC': { spec: { hostIPC: true }, rule: 'no-host-namespaces' },
  'T11: a member for the host that nobody knows': { spec: { hostClock: true }, rule: 'no-host-namespaces' },
  'names and addresses of the pod’s own': {
    spec: { hostname: 'a', hostAliases: [{ ip: '192.0.2.1', hostnames: ['b'] }] },
  },
  'T11: processes shared between containers': { spec: { shareProcessNamespace: true }, rule: 'no-shared-processes' },
  'T12: a path of the node': refused('only-contained-volumes', inVolume({ hostPath: { path: '/var/run' } })),
  'T13: NFS': refused('only-contained-volumes', inVolume({ nfs: { server: '192.0.2.1', path: '/' } })),
  'T13: iSCSI': refused('only-contained-volumes', inVolume({ iscsi: { targetPortal: '192.0.2.1' } })),
  'T13: CSI, inline': refused('only-contained-volumes', inVolume({ csi: { driver: 'smb.csi.example' } })),
  'T13: an image': refused('only-contained-volumes', inVolume({ image: { reference: 'evil.example/data' } })),
  'T58: a claim made with the pod': refused(
    'only-contained-volumes',
    inVolume({ ephemeral: { volumeClaimTemplate: {} } }),
  ),
  'T58: a claim of a class that is listed': inVolume({ persistentVolumeClaim: { claimName: 'data' } }),
  'T58: a claim of another class': refused(
    'only-contained-volumes',
    inVolume({ persistentVolumeClaim: { claimName: 'shared' } }),
  ),
  'T58: a claim that does not exist': refused(
    'only-contained-volumes',
    inVolume({ persistentVolumeClaim: { claimName: 'later' } }),
  ),
  'T58: a type of volume that nobody knows': refused('only-contained-volumes', inVolume({ teleport: {} })),
  'a ConfigMap': inVolume({ configMap: { name: 'a' } }),
  'a Secret': inVolume({ secret: { secretName: 'a' } }),
  'the downward API': inVolume({ downwardAPI: { items: [] } }),
  'a directory of its own': inVolume({ emptyDir: { medium: 'Memory' } }),
  'T14: a probe of another host, HTTP': {
    container: { livenessProbe: { httpGet: { host: '169.254.169.254', port: 80, path: '/' } } },
    rule: 'probes-stay-in-the-pod',
  },
  'T14: a probe of another host, TCP': {
    container: { startupProbe: { tcpSocket: { host: 'db', port: 5432 } } },
    rule: 'probes-stay-in-the-pod',
  },
  'T14: a hook that calls another host': {
    container: { lifecycle: { preStop: { httpGet: { host: 'evil.example', port: 80 } } } },
    rule: 'probes-stay-in-the-pod',
  },
  'T14: a probe of the pod': { container: { readinessProbe: { httpGet: { port: 8080, path: '/' } } } },
  'T19: an annotation of ours that would exclude ports': {
    metadata: { annotations: { 'sallyport.dev/inject': 'true', 'sallyport.dev/exclude-ports': '443' } },
    rule: 'only-our-own-marks',
  },
  'T19: a label of ours that nobody knows': {
    metadata: { labels: { 'sallyport.dev/mode': 'off' } },
    rule: 'only-our-own-marks',
  },
  'quarantine from the beginning': { metadata: { labels: { 'sallyport.dev/quarantine': 'yes' } } },
  'T26: a port of the node': { container: { ports: [{ containerPort: 80, hostPort: 80 }] }, rule: 'no-host-ports' },
  'T26: a port of the gateway’s declared as one’s own': {
    container: { ports: [{ containerPort: 15001 }] },
    rule: 'gateway-ports-are-its-own',
  },
  'T31: a container with the gateway’s name': {
    spec: { containers: [{ name: 'sallyport-gateway', image: 'a' }] },
    rule: 'our-names-are-ours',
  },
  'T40: a token for the API server': refused(
    'no-tokens-in-volumes',
    inVolume({ projected: { sources: [{ serviceAccountToken: { path: 'token' } }] } }),
  ),
  'T41: a token with our audience': refused(
    'no-tokens-in-volumes',
    inVolume({
      projected: { sources: [{ serviceAccountToken: { path: 'token', audience: 'sallyport.dev/gateway' } }] },
    }),
  ),
  'T43: a token for somebody else': refused(
    'no-tokens-in-volumes',
    inVolume({ projected: { sources: [{ serviceAccountToken: { path: 'token', audience: 'cloud' } }] } }),
  ),
  'a token with an audience that is listed': inVolume({
    projected: { sources: [{ serviceAccountToken: { path: 'token', audience: 'vault' } }] },
  }),
  'T43: a certificate for the pod': refused(
    'no-tokens-in-volumes',
    inVolume({ projected: { sources: [{ podCertificate: {} }] } }),
  ),
  'T42: the gateway’s state': {
    container: { volumeMounts: [{ name: 'sallyport-state', mountPath: '/s' }] },
    rule: 'our-volumes-are-ours',
  },
  'T42: the gateway’s token, read-only': {
    container: { volumeMounts: [{ name: 'sallyport-token', mountPath: '/s', readOnly: true }] },
    rule: 'our-volumes-are-ours',
  },
  'T42: the trust bundle, to write': {
    container: { volumeMounts: [{ name: 'sallyport-trust', mountPath: '/t' }] },
    rule: 'our-volumes-are-ours',
  },
  'T42: the trust bundle, to read': {
    container: { volumeMounts: [{ name: 'sallyport-trust', mountPath: '/t', readOnly: true }] },
  },
  'T42: the gateway’s state by way of a variable': {
    container: {
      env: [{ name: 'K', valueFrom: { fileKeyRef: { volumeName: 'sallyport-state', path: 'a', key: 'b' } } }],
    },
    rule: 'our-volumes-are-ours',
  },
  'T47: Windows': { spec: { os: { name: 'windows' } }, rule: 'not-windows' },
  'T47: Windows options': refused('not-windows', inContext({ windowsOptions: { hostProcess: true } })),
  'Linux, said aloud': { spec: { os: { name: 'linux' } } },
  'T47: another runtime': { spec: { runtimeClassName: 'gvisor' }, rule: 'known-runtime' },
  'T47: a runtime class that is listed': { spec: { runtimeClassName: 'runc' } },
  'T51: a user namespace': { spec: { hostUsers: false }, rule: 'no-user-namespace' },
  'T17: an RDMA device': { container: { resources: { limits: { 'rdma/hca': 1 } } }, rule: 'no-devices' },
  'T17: claimed devices': { spec: { resourceClaims: [{ name: 'nic' }] }, rule: 'no-devices' },
  'a device that is listed, CPU and huge pages': {
    container: { resources: { limits: { 'example.com/gpu': 1, cpu: 1, 'hugepages-2Mi': '4Mi' } } },
  },
  'T59: Istio’s proxy': {
    spec: { initContainers: [{ name: 'istio-proxy', image: 'a', restartPolicy: 'Always' }] },
    rule: 'no-mesh',
  },
  'T59: Linkerd, asked for': {
    metadata: { annotations: { 'sallyport.dev/inject': 'true', 'linkerd.io/inject': 'enabled' } },
    rule: 'no-mesh',
  },
  'T59: Istio’s ambient mode': {
    metadata: { annotations: { 'sallyport.dev/inject': 'true', 'ambient.istio.io/redirection': 'enabled' } },
    rule: 'no-mesh',
  },
}
