// The cluster that end-to-end tests run on: the one they are told of, else one of their own.
//
//   SALLYPORT_CLUSTER=DIR  a cluster that `make cluster` or a runner of several test files started
//   KUBECONFIG             whatever that is
//   kind                   the first cluster that kind has
//   none                   a new one, for this process only
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Cluster, openCluster, runClient, startCluster } from './cluster.ts'
import { present, whyNoCluster } from './prerequisites.ts'

/** Why there is no cluster to test on, or undefined if there is one. */
export function whyNoCurrentCluster(): string | undefined {
  if (process.env['SALLYPORT_CLUSTER'] || process.env['KUBECONFIG'] || kindCluster() !== undefined) return undefined
  return whyNoCluster()
}

/** Why nothing can be done on the node of that cluster, or undefined if it can. */
export function whyNoNode(): string | undefined {
  if (process.env['SALLYPORT_CLUSTER']) return undefined
  const foreign = process.env['KUBECONFIG'] !== undefined || kindCluster() !== undefined
  return foreign ? 'this needs the node of a cluster that these tests made themselves: unset KUBECONFIG' : undefined
}

/** Whoever asked says `stop` when they are done; it stops only what was started for them. */
export async function currentCluster(say: (line: string) => void = console.error): Promise<Cluster> {
  const directory = process.env['SALLYPORT_CLUSTER']
  if (directory) {
    const shared = openCluster(directory)
    if (!shared) throw new Error(`no cluster runs in ${directory}, where SALLYPORT_CLUSTER says: make cluster`)
    return { ...shared, stop: async () => {} }
  }
  const kubeconfig = process.env['KUBECONFIG']
  if (kubeconfig) return foreignCluster(kubeconfig, undefined, () => {})
  const kind = kindCluster()
  if (kind === undefined) return startCluster({ say })
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-kind-'))
  const file = join(folder, 'kubeconfig')
  execFileSync('kind', ['export', 'kubeconfig', '--name', kind, '--kubeconfig', file], { stdio: 'ignore' })
  return foreignCluster(file, kind, () => rmSync(folder, { recursive: true, force: true }))
}

function kindCluster(): string | undefined {
  if (!present('kind')) return undefined
  try {
    const [first = ''] = execFileSync('kind', ['get', 'clusters'], { stdio: ['ignore', 'pipe', 'ignore'] })
      .toString()
      .split('\n')
    return first === '' ? undefined : first
  } catch {
    return undefined
  }
}

/** A cluster that somebody else made: what needs its node is not to be had. */
function foreignCluster(kubeconfig: string, kind: string | undefined, forget: () => void): Cluster {
  const env = { ...process.env, KUBECONFIG: kubeconfig }
  const without = (what: string) =>
    new Error(`${what} needs a cluster that these tests made themselves: unset KUBECONFIG`)
  return {
    kubeconfig,
    programs: undefined,
    place: undefined,
    kubectl: (args, stdin) => runClient('kubectl', args, env, stdin),
    helm: (args, stdin) => runClient('helm', args, env, stdin),
    loadImage: async (archive) => {
      if (kind === undefined) throw without('bringing in an image')
      await runClient('kind', ['load', 'image-archive', archive, '--name', kind], env)
    },
    nameHost: () => {
      throw without('naming a host outside the cluster')
    },
    restartNode: async () => {
      throw without('restarting the node')
    },
    onNode: async () => {
      throw without('running a command on the node')
    },
    keepLogs: () => 'the logs of a cluster of one’s own are where one keeps them',
    stop: async () => forget(),
  }
}
