// The node: containerd, kubelet, kube-proxy, and the pods' network.
//
// Each pod hangs on a cable of its own (the `ptp` plugin): on a bridge, the answers of a pod that was reached by its Service's
// address would go back past the address translation.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Keys } from './certificates.ts'
import { makeCgroups } from './cgroups.ts'
import { type Component, type Ground, startComponent, stopComponent } from './component.ts'
import { kubeconfigFile, writeKubeconfig } from './kubeconfig.ts'
import { inside } from './namespaces.ts'
import { CLUSTER_DOMAIN, NODE_NAME, type Place } from './place.ts'

export const CONTAINERD_SOCKET = '/run/containerd/containerd.sock'
export const PAUSE_IMAGE = 'localhost/sallyport-pause:1'

/** Starts containerd, brings the pause image in, and starts the rest. The node is Ready some seconds later. */
export async function startNode(ground: Ground, place: Place, keys: Keys, pauseArchive: string): Promise<void> {
  makeCgroups(place.device)
  await startContainerd(ground)
  await importImage(ground, pauseArchive)
  writeKubeconfig(ground.directory, 'node', place, keys)
  startKubelet(ground, place, keys)
  const proxy = { apiVersion: 'kubeproxy.config.k8s.io/v1alpha1', kind: 'KubeProxyConfiguration' }
  const file = writeJson(ground, 'kube-proxy.json', {
    ...proxy,
    mode: 'nftables',
    clusterCIDR: place.podNetwork,
    hostnameOverride: NODE_NAME,
    clientConnection: { kubeconfig: writeKubeconfig(ground.directory, 'kube-proxy', place, keys) },
    conntrack: { maxPerCore: 0 }, // the limit belongs to the machine
  })
  startComponent(ground, 'kube-proxy', [join(ground.binaries, 'kube-proxy'), `--config=${file}`])
}

/** Ends the node's processes and starts them again, as an update of the node does. Containers run on meanwhile. */
export async function restartNodeProcesses(ground: Ground, place: Place, keys: Keys): Promise<void> {
  await stopComponent(ground, 'kubelet', 'TERM')
  await stopComponent(ground, 'containerd', 'TERM')
  await startContainerd(ground)
  startKubelet(ground, place, keys)
}

export async function importImage(ground: Ground, archive: string): Promise<void> {
  await inside(ground.init, ['ctr', '--address', CONTAINERD_SOCKET, '-n', 'k8s.io', 'images', 'import', archive])
}

async function startContainerd(ground: Ground): Promise<void> {
  const network = join(ground.directory, 'cni')
  mkdirSync(network, { recursive: true })
  const file = join(ground.directory, 'containerd.toml')
  writeFileSync(
    file,
    `version = 2
root = "/var/lib/containerd"
state = "/run/containerd"
[grpc]
  address = "${CONTAINERD_SOCKET}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${PAUSE_IMAGE}"
  # Without CAP_SYS_RESOURCE nobody can lower it, and every sandbox would fail.
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "${network}"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    default_runtime_name = "runc"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
`,
  )
  const containerd = startComponent(ground, 'containerd', ['containerd', '--config', file])
  await containerd.ready(180_000, () =>
    inside(ground.init, ['ctr', '--address', CONTAINERD_SOCKET, '--connect-timeout', '2s', 'version']).then(
      () => true as const,
      () => undefined,
    ),
  )
}

function startKubelet(ground: Ground, place: Place, keys: Keys): Component {
  writeNetwork(ground, place)
  const resolver = join(ground.directory, 'resolv.conf')
  writeFileSync(resolver, '')
  const file = writeJson(ground, 'kubelet.json', {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    address: place.node,
    tlsCertFile: keys.certificate('kubelet'),
    tlsPrivateKeyFile: keys.key('kubelet'),
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: keys.authority },
    },
    authorization: { mode: 'Webhook' },
    containerRuntimeEndpoint: `unix://${CONTAINERD_SOCKET}`,
    cgroupDriver: 'cgroupfs',
    cgroupRoot: `/${place.device}`,
    failCgroupV1: false,
    enforceNodeAllocatable: [],
    failSwapOn: false,
    clusterDNS: [place.dnsService],
    clusterDomain: CLUSTER_DOMAIN,
    resolvConf: resolver,
    maxPods: 200,
    evictionHard: { 'memory.available': '50Mi', 'nodefs.available': '1%', 'imagefs.available': '1%' },
    imageGCHighThresholdPercent: 100, // images cannot be pulled again
    volumePluginDir: join(ground.directory, 'volume-plugins'),
  })
  return startComponent(ground, 'kubelet', [
    join(ground.binaries, 'kubelet'),
    `--config=${file}`,
    `--kubeconfig=${kubeconfigFile(ground.directory, 'node')}`,
    `--hostname-override=${NODE_NAME}`,
    `--node-ip=${place.node}`,
  ])
}

function writeNetwork({ directory }: Ground, place: Place): void {
  const file = join(directory, 'cni', '10-pods.conflist')
  if (existsSync(file)) return
  const addresses = { type: 'host-local', ranges: [[{ subnet: place.podNetwork }]], routes: [{ dst: '0.0.0.0/0' }] }
  const plugins = [
    { type: 'ptp', ipMasq: false, ipam: addresses },
    { type: 'portmap', capabilities: { portMappings: true } },
  ]
  writeFileSync(file, JSON.stringify({ cniVersion: '0.4.0', name: 'pods', plugins }))
}

function writeJson({ directory }: Ground, name: string, content: unknown): string {
  const file = join(directory, name)
  writeFileSync(file, JSON.stringify(content, null, 2))
  return file
}
