// Where a cluster is: its folder, and the networks of its slot. Several clusters can stand side by side, each in a slot of
// its own; slot 0 has the addresses that Kubernetes manuals show.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Place {
  readonly slot: number
  /** The network device on the machine's side, and the name of the cluster's cgroups. */
  readonly device: string
  /** The machine, as pods and the node see it. */
  readonly machine: string
  /** The node; the API server listens here. */
  readonly node: string
  readonly nodeNetwork: string
  readonly podNetwork: string
  readonly serviceNetwork: string
  /** ClusterIP of the Service `kubernetes`. */
  readonly apiService: string
  /** ClusterIP of the Service `kube-dns`. */
  readonly dnsService: string
}

export const SLOTS = 16
export const NODE_NAME = 'sallyport-node'
export const CLUSTER_DOMAIN = 'cluster.local'

export function placeOf(slot: number): Place {
  return {
    slot,
    device: `sallyport${slot}`,
    machine: `10.201.${slot}.1`,
    node: `10.201.${slot}.2`,
    nodeNetwork: `10.201.${slot}.0/24`,
    podNetwork: `10.244.${slot}.0/24`,
    serviceNetwork: `10.96.${slot}.0/24`,
    apiService: `10.96.${slot}.1`,
    dnsService: `10.96.${slot}.10`,
  }
}

/** What one process leaves for another one to find the cluster by. */
export interface ClusterState {
  readonly directory: string
  readonly binaries: string
  readonly slot: number
  /** The first process of the cluster's namespaces; when it ends, all of the cluster's processes do. */
  readonly init: number
}

const STATE_FILE = 'cluster.json'

export function saveState(state: ClusterState): void {
  writeFileSync(join(state.directory, STATE_FILE), JSON.stringify(state))
}

export function readState(directory: string): ClusterState | undefined {
  let text: string
  try {
    text = readFileSync(join(directory, STATE_FILE), 'utf8')
  } catch {
    return undefined
  }
  const found: Partial<Record<keyof ClusterState, unknown>> = JSON.parse(text)
  const { binaries, slot, init } = found
  if (typeof binaries !== 'string' || typeof slot !== 'number' || typeof init !== 'number')
    throw new Error(`${join(directory, STATE_FILE)} is not what this version writes: delete it`)
  return { directory, binaries, slot, init }
}
