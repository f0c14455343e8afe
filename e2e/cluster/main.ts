// `make cluster` and `make cluster-down`, and `run COMMAND …`, which gives a command a cluster for as long as it runs.
import { spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { messageOf } from '#sidecar/system-reason.ts'
import { type Cluster, openCluster, removeCluster, startCluster } from './cluster.ts'
import { installSallyport, loadImages } from './install.ts'
import { AGENT_NAMESPACE, furnish, makeRooms, OWNER_NAMESPACE } from './playground.ts'
import { installClusterPackages, NO_CLUSTER, whyNoCluster } from './prerequisites.ts'

const DIRECTORY = join(import.meta.dirname, '../../.cache/cluster')

const COMMANDS: Readonly<Record<string, (rest: readonly string[]) => Promise<number>>> = { up, down, run }

async function main([command = '', ...rest]: readonly string[]): Promise<number> {
  const known = COMMANDS[command]
  if (known) return known(rest)
  console.error('usage: e2e/cluster/main.ts up | down | run COMMAND …')
  return 2
}

/** Starts the developer's cluster, or refreshes the images of the one that runs. */
async function up(): Promise<number> {
  const running = openCluster(DIRECTORY)
  if (!running && !possible()) return 1
  if (!running) await removeCluster(DIRECTORY) // what is left of one that ended with the machine
  const cluster = running ?? (await startLasting())
  await loadImages(cluster, console.log)
  console.log('installing the chart, and the examples')
  await makeRooms(cluster)
  await installSallyport(cluster, { ownerNamespaces: [OWNER_NAMESPACE] })
  await furnish(cluster)
  console.log(`
The cluster runs until \`make cluster-down\`. Look around:

  export KUBECONFIG=${cluster.kubeconfig} PATH=${cluster.programs}:$PATH
  kubectl get pods --all-namespaces
  kubectl get connections,accesspolicies --namespace=${OWNER_NAMESPACE}
  kubectl exec -it --namespace=${AGENT_NAMESPACE} deployment/analyst -- sh -c 'psql "$DATABASE_URL"'
`)
  return 0
}

async function down(): Promise<number> {
  await removeCluster(DIRECTORY)
  return 0
}

/** Test files find the cluster through SALLYPORT_CLUSTER; without one, each says why it is skipped. */
async function run([program = '', ...rest]: readonly string[]): Promise<number> {
  const given = process.env['SALLYPORT_CLUSTER'] ?? process.env['KUBECONFIG']
  const started = given === undefined ? await startIfPossible() : undefined
  try {
    const child = spawn(program, rest, { stdio: 'inherit', env: { ...process.env, ...started?.environment } })
    return await new Promise((resolve, reject) => {
      child.once('error', reject).once('close', (code) => resolve(code ?? 1))
    })
  } finally {
    await started?.cluster?.stop()
  }
}

interface Started {
  readonly cluster?: Cluster
  readonly environment: Readonly<Record<string, string>>
}

/** A machine on which none can be built or started is told of; the tests that need one are then skipped with the reason. */
async function startIfPossible(): Promise<Started> {
  installClusterPackages(console.error)
  const why = whyNoCluster()
  if (why !== undefined) {
    console.error(why)
    return { environment: {} }
  }
  try {
    const cluster = await startCluster({ say: console.error })
    return { cluster, environment: { SALLYPORT_CLUSTER: dirname(cluster.kubeconfig) } }
  } catch (error) {
    const reason = `no cluster starts on this machine: ${messageOf(error)}`
    console.error(reason)
    return { environment: { [NO_CLUSTER]: reason.slice(0, 500) } }
  }
}

function possible(): boolean {
  installClusterPackages(console.log)
  const why = whyNoCluster()
  if (why !== undefined) console.error(why)
  return why === undefined
}

async function startLasting(): Promise<Cluster> {
  mkdirSync(dirname(DIRECTORY), { recursive: true })
  return startCluster({ directory: DIRECTORY, lasting: true, say: console.log })
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  console.error(messageOf(error))
  process.exitCode = 1
}
