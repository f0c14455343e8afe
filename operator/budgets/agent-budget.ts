// The ledger of one agent, in a ConfigMap, and the requests that wait for it. What is granted is written before it is said.
//
// Any replica may settle: each writes under the resourceVersion that it has read, and settles anew where another one was quicker. While
// one write is under way, and for a second after it, requests gather for the next: the API server sees at most one write a
// second and agent from each replica, however many pods there are, and none for a statement.
import { createHash } from 'node:crypto'
import type { BudgetRequest, Lease } from '#contracts/control/messages.ts'
import { messageOf } from '#sidecar/system-reason.ts'
import { isConflict, isNotFound } from '../kube/api-error.ts'
import type { Api } from '../kube/client.ts'
import { type Clock, pause } from '../kube/clock.ts'
import { isRecord, type KubeObject } from '../kube/object.ts'
import { CONFIG_MAPS } from '../resources.ts'
import { type Ledger, LedgerError, readLedger, writeLedger } from './ledger.ts'
import { isPast, type Moment, NEW_BUDGET, settle } from './settle.ts'

export interface AgentBudgetOptions {
  readonly api: Pick<Api, 'get' | 'create' | 'update'>
  /** Of the operator. */
  readonly namespace: string
  /** `namespace/serviceAccount`. */
  readonly agent: string
  readonly clock: Clock
  readonly moment: () => Moment
  /** After each settlement. */
  readonly settled: (ledger: Ledger) => void
  /** Nobody was answered; the gateways ask again. */
  readonly failed: (error: unknown) => void
}

export interface Waiting {
  readonly podUid: string
  readonly request: BudgetRequest
  readonly answer: (lease: Lease) => void
}

export const BUDGET_LABEL = 'sallyport.dev/budget'
export const AGENT_ANNOTATION = 'sallyport.dev/agent'
const LEDGER = 'ledger.json'
const BETWEEN_WRITES_MS = 1_000
const ATTEMPTS = 6
/** Of one agent; a policy has few, and each costs room in one object. */
const MOST_LIMITS = 200
/** Requests of a thousand pods for some limits each. */
const MOST_WAITING = 10_000

interface Known {
  readonly object: KubeObject | undefined
  readonly ledger: Ledger
}

export class AgentBudget {
  readonly #options: AgentBudgetOptions
  /** By pod and limit: of several requests the last one says everything. */
  #waiting = new Map<string, Waiting>()
  #known: Known | undefined
  #working: Promise<void> | undefined

  constructor(options: AgentBudgetOptions) {
    this.#options = options
  }

  get idle(): boolean {
    return this.#working === undefined
  }

  ask(waiting: Waiting): void {
    if (this.#waiting.size >= MOST_WAITING) return
    this.#waiting.set(`${waiting.podUid} ${waiting.request.limit}`, waiting)
    this.#working ??= this.#work()
  }

  async #work(): Promise<void> {
    // What comes in the same turn is one batch.
    await Promise.resolve()
    while (this.#waiting.size > 0) {
      const batch = [...this.#waiting.values()]
      this.#waiting = new Map()
      const wrote = await this.#settle(batch).catch((error: unknown) => {
        this.#known = undefined
        this.#options.failed(error)
        return true
      })
      if (wrote) await pause(this.#options.clock, BETWEEN_WRITES_MS)
    }
    this.#working = undefined
  }

  /** Whether something was written. */
  async #settle(batch: readonly Waiting[]): Promise<boolean> {
    for (let attempt = 1; ; attempt += 1) {
      const remembered = this.#known
      const known = remembered ?? (await this.#read())
      const { ledger, answers, short } = settleAll(known.ledger, batch, this.#options.moment())
      if (short && remembered) {
        // Another replica may have been given something back.
        this.#known = undefined
        continue
      }
      try {
        const changed = ledger !== known.ledger
        this.#known = changed ? { object: await this.#write(known.object, ledger), ledger } : known
        for (const say of answers) say()
        this.#options.settled(ledger)
        return changed
      } catch (error) {
        this.#known = undefined
        if (!isConflict(error) || attempt === ATTEMPTS) throw error
      }
    }
  }

  async #read(): Promise<Known> {
    const { api, namespace, agent } = this.#options
    try {
      const object = await api.get(CONFIG_MAPS, { namespace, name: ledgerName(agent) })
      return { object, ledger: ledgerIn(object) }
    } catch (error) {
      if (isNotFound(error)) return { object: undefined, ledger: new Map() }
      throw error
    }
  }

  async #write(before: KubeObject | undefined, ledger: Ledger): Promise<KubeObject> {
    const { api, namespace, agent } = this.#options
    const data = { [LEDGER]: writeLedger(ledger) }
    if (before) return await api.update(CONFIG_MAPS, { ...before, data })
    const metadata = {
      namespace,
      name: ledgerName(agent),
      labels: { [BUDGET_LABEL]: 'true' },
      annotations: { [AGENT_ANNOTATION]: agent },
    }
    return await api.create(CONFIG_MAPS, { apiVersion: 'v1', kind: 'ConfigMap', metadata, data })
  }
}

/** Throws where it cannot be read. */
export function ledgerIn({ data, metadata }: KubeObject): Ledger {
  const text = isRecord(data) ? data[LEDGER] : undefined
  try {
    if (typeof text !== 'string') throw new LedgerError(`it has no ${LEDGER}`)
    return readLedger(text)
  } catch (error) {
    const why = messageOf(error)
    const remedy = 'until it is put right its agent has no room under limits per Agent; deleting it refills them'
    throw new LedgerError(`ConfigMap ${metadata.namespace}/${metadata.name} cannot be read: ${why}; ${remedy}`)
  }
}

/** A name that any two agents differ in, and that is one. */
function ledgerName(agent: string): string {
  return `budget-${createHash('sha256').update(agent).digest('hex').slice(0, 32)}`
}

interface SettledAll {
  /** The same object where nothing has changed. */
  readonly ledger: Ledger
  readonly answers: readonly (() => void)[]
  /** Somebody gets less than was wanted. */
  readonly short: boolean
}

function settleAll(before: Ledger, batch: readonly Waiting[], moment: Moment): SettledAll {
  let ledger = withoutThePast(before, moment.now)
  const answers: (() => void)[] = []
  let short = false
  for (const { podUid, request, answer } of batch) {
    const stored = ledger.get(request.limit)
    if (!stored && ledger.size >= MOST_LIMITS) continue
    const { budget, lease } = settle(stored ?? NEW_BUDGET, podUid, request, moment)
    if (lease) answers.push(() => answer(lease))
    short ||= lease?.retrySeconds !== undefined
    if (budget !== stored && budget !== NEW_BUDGET) ledger = new Map(ledger).set(request.limit, budget)
  }
  return { ledger, answers, short }
}

/** Limits that nobody has asked for in so long that nothing of them counts. */
function withoutThePast(ledger: Ledger, now: number): Ledger {
  const present = [...ledger].filter(([, budget]) => !isPast(budget, now))
  return present.length === ledger.size ? ledger : new Map(present)
}
