// How many gateways have what in force. Pure. Gateways of one kind of agent share their snapshot's lists, so these are walked once,
// however many replicas an agent has.
import type { ResourceDocument, Snapshot } from '#contracts/control/messages.ts'
import { type EnforcedKind, type InForce, NO_GATEWAYS, together } from '../controllers/acknowledgements.ts'
import { metadataOf } from '../judgement/cluster-facts.ts'

/** What a gateway was sent last, and what it said of it. */
export interface Held {
  readonly snapshot: Snapshot | undefined
  readonly answer: 'acknowledged' | 'rejected' | 'none'
}

/** The generation of an object as it was judged last: what gateways are sent is never older. */
export type GenerationOf = (kind: EnforcedKind, key: string) => number | undefined

/** `Connection data/orders-db` → counts. */
export type Counts = ReadonlyMap<string, InForce>

export function countOf(kind: EnforcedKind, key: string): string {
  return `${kind} ${key}`
}

export function countsOf(gateways: Iterable<Held>, generationOf: GenerationOf): Counts {
  const groups = new Map<
    readonly ResourceDocument[],
    { snapshot: Snapshot; ready: number; rejected: number; of: number }
  >()
  for (const { snapshot, answer } of gateways) {
    if (!snapshot) continue
    const group = groups.get(snapshot.connections) ?? { snapshot, ready: 0, rejected: 0, of: 0 }
    group.of += 1
    group.ready += Number(answer === 'acknowledged')
    group.rejected += Number(answer === 'rejected')
    groups.set(snapshot.connections, group)
  }
  const counts = new Map<string, InForce>()
  for (const { snapshot, ...group } of groups.values()) {
    for (const [name, { kind, key, denied }] of enforcedBy(snapshot)) {
      const generation = denied ? 0 : (generationOf(kind, key) ?? 0)
      counts.set(name, together(counts.get(name) ?? NO_GATEWAYS, { ...group, generation }))
    }
  }
  return counts
}

/** Of all replicas together. */
export function summed(all: Iterable<Counts>): Counts {
  const total = new Map<string, InForce>()
  for (const counts of all) {
    for (const [key, count] of counts) total.set(key, together(total.get(key) ?? NO_GATEWAYS, count))
  }
  return total
}

/** Keys whose counts differ. */
export function differences(before: Counts, after: Counts): readonly string[] {
  const keys = new Set([...before.keys(), ...after.keys()])
  return [...keys].filter((key) => {
    const [a, b] = [before.get(key), after.get(key)]
    return a?.ready !== b?.ready || a?.rejected !== b?.rejected || a?.of !== b?.of || a?.generation !== b?.generation
  })
}

interface Enforced {
  readonly kind: EnforcedKind
  readonly key: string
  /** It is there to be refused. */
  readonly denied: boolean
}

function enforcedBy(snapshot: Snapshot): ReadonlyMap<string, Enforced> {
  const { connections, accessPolicies, clusterAccessPolicies, invalidPolicies, connectionProblems } = snapshot
  const named = (kind: EnforcedKind, keys: readonly string[], problems: Readonly<Record<string, string>>) =>
    keys.map((key) => [countOf(kind, key), { kind, key, denied: Object.hasOwn(problems, key) }] as const)
  const invalid = Object.keys(invalidPolicies)
  const [own, wide] = [invalid.filter((key) => key.includes('/')), invalid.filter((key) => !key.includes('/'))]
  return new Map([
    ...named('Connection', keysOf(connections), connectionProblems),
    ...named('AccessPolicy', [...keysOf(accessPolicies), ...own], invalidPolicies),
    ...named('ClusterAccessPolicy', [...keysOf(clusterAccessPolicies), ...wide], invalidPolicies),
  ])
}

function keysOf(documents: readonly ResourceDocument[]): readonly string[] {
  return documents.map((document) => {
    const { namespace, name } = metadataOf(document)
    return namespace === '' ? name : `${namespace}/${name}`
  })
}
