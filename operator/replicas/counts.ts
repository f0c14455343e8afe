// How many gateways have what in force. Pure. Gateways of one kind of agent share their snapshot's lists, so these are walked once,
// however many replicas an agent has.
import type { ResourceDocument, Snapshot } from '#contracts/control/messages.ts'
import type { EnforcedKind, InForce } from '../controllers/acknowledgements.ts'
import { metadataOf } from '../judgement/cluster-facts.ts'

/** What a gateway was sent last, and whether it is in force. */
export interface Held {
  readonly snapshot: Snapshot | undefined
  readonly acknowledged: boolean
}

/** `Connection data/orders-db` → counts. */
export type Counts = ReadonlyMap<string, InForce>

export function countOf(kind: EnforcedKind, key: string): string {
  return `${kind} ${key}`
}

export function countsOf(gateways: Iterable<Held>): Counts {
  const groups = new Map<readonly ResourceDocument[], { snapshot: Snapshot; ready: number; of: number }>()
  for (const { snapshot, acknowledged } of gateways) {
    if (!snapshot) continue
    const group = groups.get(snapshot.connections) ?? { snapshot, ready: 0, of: 0 }
    group.of += 1
    group.ready += Number(acknowledged)
    groups.set(snapshot.connections, group)
  }
  const counts = new Map<string, InForce>()
  for (const { snapshot, ready, of } of groups.values()) {
    for (const key of enforcedBy(snapshot)) counts.set(key, sum(counts.get(key), { ready, of }))
  }
  return counts
}

/** Of all replicas together. */
export function summed(all: Iterable<Counts>): Counts {
  const total = new Map<string, InForce>()
  for (const counts of all) for (const [key, count] of counts) total.set(key, sum(total.get(key), count))
  return total
}

/** Keys whose counts differ. */
export function differences(before: Counts, after: Counts): readonly string[] {
  const keys = new Set([...before.keys(), ...after.keys()])
  return [...keys].filter((key) => {
    const [a, b] = [before.get(key), after.get(key)]
    return a?.ready !== b?.ready || a?.of !== b?.of
  })
}

function enforcedBy({ connections, accessPolicies, clusterAccessPolicies, invalidPolicies }: Snapshot): Set<string> {
  const names = (kind: EnforcedKind, documents: readonly ResourceDocument[]) =>
    documents.map((document) => {
      const { namespace, name } = metadataOf(document)
      return countOf(kind, namespace === '' ? name : `${namespace}/${name}`)
    })
  const invalid = Object.keys(invalidPolicies).map((key) =>
    countOf(key.includes('/') ? 'AccessPolicy' : 'ClusterAccessPolicy', key),
  )
  return new Set([
    ...names('Connection', connections),
    ...names('AccessPolicy', accessPolicies),
    ...names('ClusterAccessPolicy', clusterAccessPolicies),
    ...invalid,
  ])
}

function sum(a: InForce | undefined, b: InForce): InForce {
  return { ready: (a?.ready ?? 0) + b.ready, of: (a?.of ?? 0) + b.of }
}
