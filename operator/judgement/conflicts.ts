// Several Connections may share an endpoint if they have one owner and their protocol's hello tells them apart. Of two that it
// cannot, the older one keeps the endpoint and the younger steers nothing.
//
// Whether a Connection holds its endpoints depends on older ones only, so settling in the order of age asks about each once.
// Only those that are truly in each other's way are asked again when one of them changes.
import type { Connection } from '#crds/types.gen.ts'
import { conflictOf } from '#sidecar/check/endpoints.ts'
import { canonicalHost, tailOf, tailOfPattern } from './host.ts'
import { IndexOf } from './index-of.ts'
import type { Finding } from './verdict.ts'

interface Claimant {
  readonly key: string
  readonly connection: Connection
  readonly created: string
  readonly places: readonly Place[]
  /** Why it may claim nothing, whatever others do. */
  readonly problem: Finding | undefined
}

interface Place {
  readonly host: string
  readonly port: number
}

export class Conflicts {
  readonly #clusterDomain: string
  readonly #claimants = new Map<string, Claimant>()
  readonly #lost = new Map<string, Finding>()
  readonly #exact = new IndexOf()
  readonly #patterns = new IndexOf()
  readonly #below = new IndexOf()
  readonly #pending = new Set<string>()
  /** How many claims were settled. */
  settled = 0

  constructor(clusterDomain: string) {
    this.#clusterDomain = clusterDomain
  }

  /** Why the Connection holds no endpoint; undefined: it does. */
  problemOf(key: string): Finding | undefined {
    return this.#claimants.get(key)?.problem ?? this.#lost.get(key)
  }

  /** `connection` undefined: it is gone, or cannot be read and so claims nothing. */
  set(key: string, connection: Connection | undefined, problem: Finding | undefined): void {
    this.#disturb(key)
    this.#claimants.delete(key)
    for (const index of [this.#exact, this.#patterns, this.#below]) index.delete(key)
    if (connection === undefined) {
      this.#lost.delete(key)
      this.#pending.delete(key)
      return
    }
    const places = connection.spec.endpoints.map(({ host, port }) => ({
      host: canonicalHost(host, this.#clusterDomain),
      port,
    }))
    const created = connection.metadata.creationTimestamp ?? ''
    this.#claimants.set(key, { key, connection, created, places, problem })
    const names = places.filter(({ host }) => tailOfPattern(host) === undefined)
    this.#exact.set(
      key,
      names.map(({ host, port }) => `${port} ${host}`),
    )
    this.#below.set(
      key,
      names.map(({ host, port }) => `${port} ${tailOf(host)}`),
    )
    this.#patterns.set(
      key,
      places.flatMap(({ host, port }) => {
        const tail = tailOfPattern(host)
        return tail === undefined ? [] : [`${port} ${tail}`]
      }),
    )
    this.#pending.add(key)
    this.#disturb(key)
  }

  /** Decides what is open. The answer names the Connections of which something else is true now. */
  settle(): ReadonlySet<string> {
    const changed = new Set<string>()
    while (this.#pending.size > 0) {
      const batch = [...this.#pending].flatMap((key) => this.#claimants.get(key) ?? []).sort(byAge)
      this.#pending.clear()
      for (const claimant of batch) {
        this.#pending.delete(claimant.key)
        if (this.#settleOne(claimant)) changed.add(claimant.key)
      }
    }
    return changed
  }

  #settleOne(claimant: Claimant): boolean {
    this.settled += 1
    const { key } = claimant
    const before = this.#lost.get(key)
    const rivals = claimant.problem === undefined ? this.#rivals(claimant, (other) => byAge(other, claimant) < 0) : []
    const winner = rivals.filter((other) => this.problemOf(other.key) === undefined).sort(byAge)[0]
    const after = winner === undefined ? undefined : loses(claimant, winner)
    if (before?.message === after?.message) return false
    if (after === undefined) this.#lost.delete(key)
    else this.#lost.set(key, after)
    if ((before === undefined) !== (after === undefined)) this.#disturb(key)
    return true
  }

  /** Younger ones may win or lose what this one claims. */
  #disturb(key: string): void {
    const claimant = this.#claimants.get(key)
    if (claimant === undefined) return
    for (const { key: other } of this.#rivals(claimant, (each) => byAge(claimant, each) < 0)) this.#pending.add(other)
  }

  #rivals(claimant: Claimant, among: (other: Claimant) => boolean): Claimant[] {
    const keys = new Set<string>()
    for (const { host, port } of claimant.places) {
      const tail = tailOfPattern(host)
      const met =
        tail === undefined
          ? [this.#exact.of(`${port} ${host}`), this.#patterns.of(`${port} ${tailOf(host)}`)]
          : [this.#below.of(`${port} ${tail}`), this.#patterns.of(`${port} ${tail}`)]
      for (const set of met) for (const key of set) keys.add(key)
    }
    keys.delete(claimant.key)
    return [...keys]
      .flatMap((key) => this.#claimants.get(key) ?? [])
      .filter((other) => among(other) && whyNotTogether(other, claimant) !== undefined)
  }
}

function whyNotTogether(elder: Claimant, younger: Claimant): string | undefined {
  const [first, second] = [elder.connection, younger.connection]
  if (first.metadata.namespace !== second.metadata.namespace) return 'it has another owner'
  return conflictOf(first, second)
}

function loses(younger: Claimant, elder: Claimant): Finding {
  const shared = younger.places.find(({ host, port }) =>
    elder.places.some((place) => place.port === port && meet(place.host, host)),
  )
  const place = shared === undefined ? 'one of its endpoints' : `${shared.host}:${shared.port}`
  const why = whyNotTogether(elder, younger) ?? 'both claim it'
  const remedy = 'use another endpoint, or one protocol and settings.match that differ'
  const message = `Connection ${elder.key} is older and has ${place} too, and ${why}; ${remedy}`
  return { reason: 'EndpointConflict', message }
}

function meet(a: string, b: string): boolean {
  if (a === b) return true
  const [first, second] = [tailOfPattern(a), tailOfPattern(b)]
  return (first !== undefined && first === tailOf(b)) || (second !== undefined && second === tailOf(a))
}

/** By their time, which the API server sets to the second; then by name, so that there always is an older one. */
function byAge(a: Claimant, b: Claimant): number {
  if (a.created !== b.created) return a.created < b.created ? -1 : 1
  return a.key < b.key ? -1 : a.key > b.key ? 1 : 0
}
