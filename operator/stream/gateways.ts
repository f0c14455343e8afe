// The gateways that have a stream to this replica: which pod each belongs to, what it was sent, what it has in force.
import type { FromOperator, PodIdentity, Snapshot } from '#contracts/control/messages.ts'

/** What the pods are to enforce, as it is now. */
export interface SnapshotSource {
  /** `pod`: `namespace/name`. Undefined: it is not known (yet, or any more). */
  of(pod: string): Snapshot | undefined
  /** Told which pods may have another snapshot than before. */
  onChange(listener: (pods: Iterable<string>) => void): () => void
}

/** One end of a stream, as far as this file needs it. */
export interface Wire {
  send(message: FromOperator): void
  end(reason: string, final: boolean): void
}

export interface Gateway {
  readonly identity: PodIdentity
  readonly wire: Wire
  /** Of its key. */
  readonly fingerprint: string
  /** The pod's, when it was attested last. */
  form: string
  readonly since: number
  /** The last one that was sent. */
  snapshot: Snapshot | undefined
  /** Versions: of that one, and the same again once it is in force. */
  sent: string | undefined
  acknowledged: string | undefined
  /** When the version that is not yet in force was sent. */
  sentAt: number
  /** Why the last snapshot that it answered could not be taken whole. Stays until one is. */
  problem: string | undefined
  sessions: number
}

/** What a gateway was attested with. */
export interface Attested {
  readonly identity: PodIdentity
  readonly fingerprint: string
  readonly form: string
}

export interface GatewayEvents {
  added?(gateway: Gateway): void
  /** A version is in force in one pod, so long after it was sent. */
  acknowledged?(gateway: Gateway, seconds: number): void
  rejected?(gateway: Gateway, problem: string): void
  /** The set of gateways, or what one has in force, is another one. */
  changed?(): void
}

export class Gateways {
  readonly #source: SnapshotSource
  readonly #events: GatewayEvents
  readonly #now: () => number
  readonly #byPod = new Map<string, Gateway>()
  readonly #stop: () => void

  constructor(source: SnapshotSource, events: GatewayEvents = {}, now: () => number = Date.now) {
    this.#source = source
    this.#events = events
    this.#now = now
    this.#stop = source.onChange((pods) => {
      for (const pod of pods) this.#push(pod)
    })
  }

  get size(): number {
    return this.#byPod.size
  }

  list(): IterableIterator<Gateway> {
    return this.#byPod.values()
  }

  /** `pod`: `namespace/name`. */
  at(pod: string): Gateway | undefined {
    return this.#byPod.get(pod)
  }

  /** A pod has one gateway: an older stream of the same pod ends. */
  add({ identity, fingerprint, form }: Attested, wire: Wire): Gateway {
    const pod = podKey(identity)
    this.#byPod.get(pod)?.wire.end('another stream of this pod took its place', false)
    const gateway: Gateway = {
      identity,
      wire,
      fingerprint,
      form,
      since: this.#now(),
      snapshot: undefined,
      sent: undefined,
      acknowledged: undefined,
      sentAt: 0,
      problem: undefined,
      sessions: 0,
    }
    this.#byPod.set(pod, gateway)
    this.#push(pod)
    this.#events.added?.(gateway)
    this.#events.changed?.()
    return gateway
  }

  remove(gateway: Gateway): void {
    const pod = podKey(gateway.identity)
    if (this.#byPod.get(pod) !== gateway) return
    this.#byPod.delete(pod)
    this.#events.changed?.()
  }

  acknowledge(gateway: Gateway, version: string): void {
    // An answer to an older snapshot says nothing of the one under way.
    if (version !== gateway.sent) return
    gateway.acknowledged = version
    gateway.problem = undefined
    this.#events.acknowledged?.(gateway, (this.#now() - gateway.sentAt) / 1000)
    this.#events.changed?.()
  }

  reject(gateway: Gateway, version: string, problem: string): void {
    if (version !== gateway.sent) return
    gateway.problem = problem
    this.#events.rejected?.(gateway, problem)
    this.#events.changed?.()
  }

  beat(): void {
    for (const { wire } of this.#byPod.values()) wire.send({ type: 'beat' })
  }

  close(reason: string): void {
    this.#stop()
    for (const { wire } of this.#byPod.values()) wire.end(reason, false)
    this.#byPod.clear()
  }

  #push(pod: string): void {
    const gateway = this.#byPod.get(pod)
    const snapshot = gateway && this.#source.of(pod)
    // A pod of a StatefulSet comes again under its name: what is known of the one is not the other's.
    if (snapshot?.agent.podUid !== gateway?.identity.podUid) return
    if (!gateway || !snapshot || snapshot.version === gateway.sent) return
    gateway.snapshot = snapshot
    gateway.sent = snapshot.version
    // An edit that is taken back is sent again: that it was in force before says nothing.
    gateway.acknowledged = undefined
    gateway.sentAt = this.#now()
    gateway.wire.send(snapshot)
    this.#events.changed?.()
  }
}

/** What it said of the last snapshot; to one that is under way the answer before it, if that was a no. */
export function answerOf({ sent, acknowledged, problem }: Gateway): 'acknowledged' | 'rejected' | 'none' {
  if (sent !== undefined && sent === acknowledged) return 'acknowledged'
  return problem === undefined ? 'none' : 'rejected'
}

export function podKey({ namespace, pod }: Pick<PodIdentity, 'namespace' | 'pod'>): string {
  return `${namespace}/${pod}`
}
