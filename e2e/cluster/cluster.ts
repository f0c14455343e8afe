// A real Kubernetes of one node on this machine. All its processes live in namespaces of their own and end with them.
import { execFile } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { messageOf } from '#sidecar/system-reason.ts'
import { clusterBinaries } from './binaries.ts'
import { keysIn, makeKeys } from './certificates.ts'
import { removeCgroups } from './cgroups.ts'
import { endOfLog, type Ground } from './component.ts'
import { startControlPlane } from './control-plane.ts'
import { dnsManifests, nameHost, startDns } from './dns.ts'
import { kubeconfigFile, writeKubeconfig } from './kubeconfig.ts'
import { connect, HIDDEN, inside, isConnected, isInit, makeNamespaces, removeNamespaces } from './namespaces.ts'
import { importImage, restartNodeProcesses, startNode } from './node.ts'
import { pauseArchive } from './pause-image.ts'
import { type ClusterState, NODE_NAME, type Place, placeOf, readState, saveState } from './place.ts'
import { until } from './until.ts'

export interface Cluster {
  /** The kubeconfig file of its administrator. */
  readonly kubeconfig: string
  /** The folder with kubectl and helm; undefined where the machine's own are used. */
  readonly programs: string | undefined
  /** Addresses and networks; undefined for a cluster that somebody else made. */
  readonly place: Place | undefined
  /** Runs kubectl and returns what it prints. */
  kubectl(args: readonly string[], stdin?: string): Promise<string>
  helm(args: readonly string[], stdin?: string): Promise<string>
  /** Brings an OCI archive to the node, under the name written in it. */
  loadImage(archive: string): Promise<void>
  /** Gives a name outside the cluster an address that pods resolve, within two seconds. */
  nameHost(name: string, address: string): void
  /** Ends containerd and kubelet and starts them again; containers run on. Resolves when they answer. */
  restartNode(): Promise<void>
  /** Runs a command in the node's namespaces, as root. */
  onNode(command: readonly string[]): Promise<string>
  /** Copies the logs of components and pods to where `stop` does not delete them, and says where that is. */
  keepLogs(): string
  stop(): Promise<void>
}

export interface ClusterOptions {
  /** Default: a new one in the temporary directory. It is deleted by `stop`. */
  readonly directory?: string
  /** It goes on when this process ends, until `stop`. */
  readonly lasting?: boolean
  /** False: the control plane alone, for what needs no pod to run. Default true. */
  readonly node?: boolean
  readonly say?: (line: string) => void
}

const run = promisify(execFile)

const PREFIX = 'sallyport-cluster-'

export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const say = options.say ?? (() => {})
  const directory = newDirectory(options.directory)
  if (HIDDEN.some((prefix) => directory.startsWith(prefix)))
    throw new Error(`${directory} cannot hold a cluster: choose a directory that is not in ${HIDDEN.join(' or ')}`)
  const binaries = await clusterBinaries(say)
  const pause = await pauseArchive(binaries)
  const init = await makeNamespaces(directory, { lasting: options.lasting ?? false })
  let slot = -1
  try {
    const place = await connect(init)
    slot = place.slot
    await removeCgroups(place.device) // of a cluster that crashed in this slot
    saveState({ directory, binaries, slot, init })
    const ground = { directory, binaries, init }
    const keys = makeKeys(directory, place)
    writeKubeconfig(directory, 'admin', place, keys)
    say('starting the control plane')
    await startControlPlane(ground, place, keys)
    const cluster = describe({ directory, binaries, slot, init })
    if (options.node === false) return cluster
    say('starting the node')
    await Promise.all([startNode(ground, place, keys, pause), startServices(cluster, ground, place)])
    await cluster.kubectl(['wait', '--for=create', `node/${NODE_NAME}`, '--timeout=180s'])
    await cluster.kubectl(['wait', '--for=condition=Ready', `node/${NODE_NAME}`, '--timeout=180s'])
    return cluster
  } catch (error) {
    const ends = readLogs(directory)
    await destroy({ directory, binaries, slot, init })
    throw new Error(`the test cluster did not start: ${messageOf(error)}\n${ends}`, { cause: error })
  }
}

/** The cluster in this directory that another process started, if it runs. */
export function openCluster(directory: string): Cluster | undefined {
  const state = readState(resolve(directory))
  return state && isInit(state.init, state.directory) ? describe(state) : undefined
}

/** Ends what is left of a cluster in this directory, whoever started it, and deletes the directory. */
export async function removeCluster(directory: string): Promise<void> {
  const state = readState(resolve(directory))
  if (state) await destroy(state)
  else rmSync(directory, { recursive: true, force: true })
}

function newDirectory(wanted: string | undefined): string {
  removeLeftovers()
  if (wanted === undefined) return mkdtempSync(join(tmpdir(), PREFIX))
  mkdirSync(wanted, { recursive: true })
  if (readdirSync(wanted).length > 0) throw new Error(`${wanted} is not empty: remove the cluster in it first`)
  return resolve(wanted)
}

async function startServices(cluster: Cluster, ground: Ground, place: Place): Promise<void> {
  startDns(ground, place, keysIn(ground.directory))
  const manifests = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: dnsManifests(place) })
  await cluster.kubectl(['apply', '-f', '-'], manifests)
  // Pods are refused until the namespace has its account, which the controllers make a moment after they start.
  await until('the default ServiceAccount', 180_000, () =>
    cluster.kubectl(['get', 'serviceaccount', 'default', '--namespace=default']).catch(() => undefined),
  )
}

function describe(state: ClusterState): Cluster {
  const { directory, binaries, init } = state
  const place = placeOf(state.slot)
  const kubeconfig = kubeconfigFile(directory, 'admin')
  const client = (program: string) => (args: readonly string[], stdin?: string) =>
    runClient(join(binaries, program), args, { ...process.env, KUBECONFIG: kubeconfig }, stdin)
  const kubectl = client('kubectl')
  const ground: Ground = { directory, binaries, init }
  return {
    kubeconfig,
    programs: binaries,
    place,
    kubectl,
    helm: client('helm'),
    loadImage: (archive) => importImage(ground, resolve(archive)),
    nameHost: (name, address) => nameHost(directory, name, address),
    restartNode: async () => {
      await restartNodeProcesses(ground, place, keysIn(directory))
      await until('the kubelet to know its pods', 180_000, () => knowsPods(kubectl))
    },
    onNode: (command) => inside(init, command),
    keepLogs: () => keepLogs(directory),
    stop: () => destroy(state),
  }
}

/** Not the node's condition: that stays as it was for most of a minute. The kubelet learns of all pods at once. */
async function knowsPods(kubectl: Cluster['kubectl']): Promise<true | undefined> {
  try {
    const known = JSON.parse(await kubectl(['get', '--raw', `/api/v1/nodes/${NODE_NAME}/proxy/pods`]))
    if (known.items?.length > 0) return true
    return (await kubectl(['get', 'pods', '--all-namespaces', '--output=name'])) === '' || undefined
  } catch {
    return undefined // it does not answer yet
  }
}

/** Runs a client of the API to its end; the error of one that fails says what it wrote. */
export async function runClient(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  stdin?: string,
): Promise<string> {
  const running = run(program, args, { env, maxBuffer: 64 << 20 })
  running.child.stdin?.on('error', () => {}) // it need not read its input
  running.child.stdin?.end(stdin)
  return (await running).stdout
}

async function destroy({ directory, slot, init }: ClusterState): Promise<void> {
  const { device } = placeOf(slot)
  if (isInit(init, directory)) await removeNamespaces(init, directory, device)
  // If it ended by itself, another cluster may have its slot by now.
  if (slot >= 0 && !isConnected(device)) await removeCgroups(device)
  rmSync(directory, { recursive: true, force: true, maxRetries: 5 })
}

/** Deletes what clusters of processes that were killed have left in the temporary directory. */
function removeLeftovers(): void {
  for (const name of readdirSync(tmpdir()).filter((name) => name.startsWith(PREFIX))) {
    const directory = join(tmpdir(), name)
    const state = readState(directory)
    if (state && !isInit(state.init, directory)) rmSync(directory, { recursive: true, force: true, maxRetries: 5 })
  }
}

const KEPT_LOGS = join(import.meta.dirname, '../../.cache/cluster-logs')

function keepLogs(directory: string): string {
  const target = join(KEPT_LOGS, new Date().toISOString().replaceAll(':', '-'))
  cpSync(join(directory, 'logs'), target, { recursive: true })
  const ofPods = join(directory, 'var/log/pods')
  if (existsSync(ofPods)) cpSync(ofPods, join(target, 'pods'), { recursive: true })
  return target
}

function readLogs(directory: string): string {
  return readdirSync(join(directory, 'logs'))
    .map((file) => file.replace(/\.log$/, ''))
    .map((name) => `── ${name}\n${endOfLog(directory, name)}\n`)
    .join('')
}
