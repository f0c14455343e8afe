// Budgets that all pods of an agent share, as this replica serves them: its gateways' requests in, leases and recalls out. The other
// replicas' settlements are watched, so that whoever is to give something back is asked wherever its stream is.
import type { BudgetRequest, FromOperator, PodIdentity } from '#contracts/control/messages.ts'
import type { Api } from '../kube/client.ts'
import { type Clock, systemClock } from '../kube/clock.ts'
import type { Log } from '../kube/log.ts'
import type { KubeObject } from '../kube/object.ts'
import { Reflector } from '../kube/reflector.ts'
import { pruned } from '../prune.ts'
import { CONFIG_MAPS } from '../resources.ts'
import { AGENT_ANNOTATION, AgentBudget, BUDGET_LABEL, ledgerIn } from './agent-budget.ts'
import type { Ledger } from './ledger.ts'
import { recallsOf } from './recalls.ts'
import type { Moment } from './settle.ts'

export interface BudgetsOptions {
  readonly api: Pick<Api, 'get' | 'list' | 'watch' | 'create' | 'update'>
  /** Of the operator. */
  readonly namespace: string
  readonly log: Log
  /** How long gateways go on without a stream. */
  readonly staleSeconds: number
  /** Those that have a stream to this replica. */
  readonly gateways: () => Iterable<Reachable>
  readonly clock?: Clock
}

/** A gateway, as far as this needs it. */
export interface Reachable {
  readonly identity: Pick<PodIdentity, 'namespace' | 'serviceAccount' | 'podUid'>
  readonly wire: { send(message: FromOperator): void }
}

const LEASE_SECONDS = 600
/** Between a gateway's last request and the loss of its stream being noticed, and for clocks that differ. */
const MARGIN_SECONDS = 120
/** A gateway that was asked to give something back is not asked again before. */
const RECALL_AGAIN_MS = 3_000
const MOST_GONE = 10_000

export class Budgets {
  readonly #options: BudgetsOptions
  readonly #clock: Clock
  readonly #agents = new Map<string, AgentBudget>()
  readonly #ledgers: Reflector<KubeObject>
  /** When each was recalled, by pod and limit. */
  readonly #recalled = new Map<string, number>()
  readonly #gone = new Set<string>()

  constructor(options: BudgetsOptions) {
    const { api, namespace, log, clock = systemClock } = options
    this.#options = options
    this.#clock = clock
    const selection = { namespace, labelSelector: `${BUDGET_LABEL}=true` }
    this.#ledgers = new Reflector({ api, resource: CONFIG_MAPS, prune: pruned, log, clock, ...selection })
    this.#ledgers.store.onChange((_key, _before, after) => {
      if (after) this.#seen(after)
    })
  }

  start(): void {
    this.#ledgers.start()
  }

  async stop(): Promise<void> {
    await this.#ledgers.stop()
  }

  request({ identity, wire }: Reachable, request: BudgetRequest): void {
    const answer = (message: FromOperator) => wire.send(message)
    this.#agent(agentOf(identity)).ask({ podUid: identity.podUid, request, answer })
  }

  /** Its pod is no more: it uses nothing any longer. */
  podGone(uid: string): void {
    this.#gone.add(uid)
    for (const oldest of this.#gone) {
      if (this.#gone.size <= MOST_GONE) break
      this.#gone.delete(oldest)
    }
  }

  /** Nothing is being settled. */
  get idle(): boolean {
    return [...this.#agents.values()].every(({ idle }) => idle)
  }

  #agent(agent: string): AgentBudget {
    const known = this.#agents.get(agent)
    if (known) return known
    const { api, namespace, log } = this.#options
    const made = new AgentBudget({
      api,
      namespace,
      agent,
      clock: this.#clock,
      moment: () => this.#moment(),
      settled: (ledger) => this.#recall(agent, ledger),
      failed: (error) => log.warn({ error, agent }, 'its budgets could not be settled; its gateways ask again'),
    })
    this.#agents.set(agent, made)
    return made
  }

  #moment(): Moment {
    return {
      now: this.#clock.now(),
      leaseSeconds: LEASE_SECONDS,
      graceSeconds: this.#options.staleSeconds + MARGIN_SECONDS,
      isGone: (uid) => this.#gone.has(uid),
    }
  }

  #seen(object: KubeObject): void {
    const agent = object.metadata.annotations?.[AGENT_ANNOTATION]
    if (agent === undefined || !this.#agents.has(agent)) return
    try {
      this.#recall(agent, ledgerIn(object))
    } catch (error) {
      this.#options.log.warn({ error, agent }, 'a ledger of budgets cannot be read')
    }
  }

  #recall(agent: string, ledger: Ledger): void {
    const recalls = [...ledger].map(([limit, budget]) => [limit, recallsOf(budget)] as const)
    if (recalls.every(([, most]) => most.size === 0)) return
    const now = this.#clock.elapsed()
    for (const [key, at] of this.#recalled) if (now - at >= RECALL_AGAIN_MS) this.#recalled.delete(key)
    for (const { identity, wire } of this.#options.gateways()) {
      if (agentOf(identity) !== agent) continue
      for (const [limit, mosts] of recalls) {
        const most = mosts.get(identity.podUid)
        const key = `${identity.podUid} ${limit}`
        if (most === undefined || this.#recalled.has(key)) continue
        this.#recalled.set(key, now)
        wire.send({ type: 'recall', limit, most })
      }
    }
  }
}

function agentOf({ namespace, serviceAccount }: Reachable['identity']): string {
  return `${namespace}/${serviceAccount}`
}
