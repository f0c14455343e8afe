// Replicas, gateways of one agent, and an API server in memory: everything between a session's counter and the ledger, on one clock.
import type { BudgetRequest, FromOperator } from '#contracts/control/messages.ts'
import { Leases } from '#sidecar/policy/leases.ts'
import type { Limit } from '#sidecar/policy/limit.ts'
import { Client } from '../../kube/client.ts'
import { FakeClock } from '../../kube/testing/fake-clock.ts'
import { FakeServer } from '../../kube/testing/fake-server.ts'
import { CONFIG_MAPS } from '../../resources.ts'
import { Budgets, type Reachable } from '../budgets.ts'

export const STALE_SECONDS = 900

export class Fleet {
  readonly clock = new FakeClock()
  readonly server = new FakeServer({ clock: this.clock, resources: [CONFIG_MAPS] })
  readonly replicas: Replica[] = []
  readonly pods: Pod[] = []
  readonly warnings: string[] = []
  #uids = 0

  addReplica(): Replica {
    const replica = new Replica(this)
    this.replicas.push(replica)
    return replica
  }

  addPod(limits: readonly Limit[]): Pod {
    const pod = new Pod(this, `uid-${this.#uids++}`, limits)
    this.pods.push(pod)
    return pod
  }

  /** Writes to ledgers so far. */
  get writes(): number {
    return this.server.requests.filter((line) => /^(PUT|POST|PATCH) /.test(line)).length
  }

  /** Time goes on in half seconds, as gateways look; in larger steps where nothing happens. */
  async pass(milliseconds: number, step = 500): Promise<void> {
    for (let left = milliseconds; left > 0; left -= step) {
      await this.clock.advance(Math.min(step, left))
      for (const pod of this.pods) pod.look()
      await this.clock.settle()
    }
  }

  async stop(): Promise<void> {
    this.server.faults.clear()
    const stopping = Promise.all(this.replicas.map((replica) => replica.crash()))
    await this.clock.advance(60_000)
    await stopping
  }
}

export class Replica {
  readonly #fleet: Fleet
  readonly #streams = new Set<Stream>()
  #budgets: Budgets

  constructor(fleet: Fleet) {
    this.#fleet = fleet
    this.#budgets = this.#begin()
  }

  connect(pod: Pod): Stream {
    const stream: Stream = {
      identity: { namespace: 'agents', serviceAccount: 'analyst', podUid: pod.uid },
      wire: { send: (message) => this.#streams.has(stream) && pod.heard(message, stream) },
      request: (request) => this.#streams.has(stream) && this.#budgets.request(stream, request),
      end: () => this.#streams.delete(stream),
    }
    this.#streams.add(stream)
    return stream
  }

  podGone(uid: string): void {
    this.#budgets.podGone(uid)
  }

  /** All that it remembers is lost, and another one takes its place. */
  async crash(): Promise<void> {
    const before = this.#budgets
    this.#streams.clear()
    for (const pod of this.#fleet.pods) if (pod.replica === this) pod.disconnect()
    this.#budgets = this.#begin()
    await before.stop()
  }

  #begin(): Budgets {
    const { clock, server, warnings } = this.#fleet
    const log = (_fields: unknown, message: string) => void warnings.push(message)
    return new Budgets({
      api: new Client({ transport: server, clock }),
      namespace: 'sallyport',
      log: { info: log, warn: log },
      staleSeconds: STALE_SECONDS,
      gateways: () => this.#streams,
      clock,
    })
  }

  /** Other replicas' settlements are seen from now on. */
  watch(): void {
    this.#budgets.start()
  }
}

interface Stream extends Reachable {
  request(request: BudgetRequest): void
  end(): void
}

export class Pod {
  readonly uid: string
  readonly #fleet: Fleet
  readonly #limits: readonly Limit[]
  #leases: Leases
  #stream: Stream | undefined
  replica: Replica | undefined
  gone = false

  constructor(fleet: Fleet, uid: string, limits: readonly Limit[]) {
    this.#fleet = fleet
    this.uid = uid
    this.#limits = limits
    this.#leases = this.#begin()
  }

  connect(replica: Replica): void {
    this.disconnect()
    if (this.gone) return
    this.replica = replica
    this.#stream = replica.connect(this)
  }

  disconnect(): void {
    this.#stream?.end()
    this.#stream = undefined
    this.replica = undefined
    this.#leases.lost()
  }

  restart(): void {
    this.disconnect()
    this.#leases = this.#begin()
  }

  remove(): void {
    this.disconnect()
    this.gone = true
    for (const replica of this.#fleet.replicas) replica.podGone(this.uid)
  }

  look(): void {
    if (!this.#stream) return
    for (const request of this.#leases.requests(this.#fleet.clock.now())) this.#stream.request(request)
  }

  heard(message: FromOperator, stream: Stream): void {
    if (stream !== this.#stream || (message.type !== 'lease' && message.type !== 'recall')) return
    this.#leases.heard(message, this.#fleet.clock.now())
  }

  enforce(limits: readonly Limit[]): void {
    this.#leases.enforce(limits)
  }

  room(limit: Limit): number {
    return this.gone ? 0 : Math.max(0, this.#leases.counter(limit).room(limit.max, this.#fleet.clock.now()))
  }

  /** As much of `n` as there is room for; the answer says how much that was. */
  use(limit: Limit, n: number): number {
    const used = Math.min(n, this.room(limit))
    this.#leases.counter(limit).add(used, this.#fleet.clock.now())
    return used
  }

  giveBack(limit: Limit, n: number): void {
    this.#leases.counter(limit).add(-n, this.#fleet.clock.now())
  }

  retryIn(limit: Limit): number | undefined {
    return this.#leases.counter(limit).secondsToRoom(this.#fleet.clock.now())
  }

  #begin(): Leases {
    const leases = new Leases(this.#fleet.clock.now(), () => undefined)
    leases.enforce(this.#limits)
    return leases
  }
}

export function agentLimit(metric: Limit['metric'], max: number, windowSeconds?: number): Limit {
  const text = `${max} ${metric} per Agent`
  const limit = { policy: 'data/p', metric, per: 'Agent', max, onExceed: 'Deny', enforced: true, text } as const
  return windowSeconds === undefined ? limit : { ...limit, windowSeconds }
}
