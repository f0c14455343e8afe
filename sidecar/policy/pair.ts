// What the policies say about one agent on one connection: the thing that a session holds and asks.
//
// Immutable but for its memory of shapes. Any number of sessions share one, so opening a session costs a look-up, and
// a statement whose shape has been seen costs one look-up more.
import type { Action, ActionShape, Facts, FactValue } from '#sidecar/action.ts'
import type { Mask } from '#sidecar/masking/mask.ts'
import type { Scope } from './conditions.ts'
import { type Fetched, fetchCostly } from './costly.ts'
import { type Call, decideCall, decideOnce, type Subject } from './decide.ts'
import { notSelected, suspended, unusable } from './explain-refusal.ts'
import { contentHash } from './hash.ts'
import type { Limit } from './limit.ts'
import type { CompiledPolicy } from './policy.ts'
import { type RecordingPolicy, strictestRecording } from './recording.ts'
import { type Residual, residualOf } from './residual.ts'
import { seal } from './seal.ts'
import { toCel } from './values.ts'
import type { Decision } from './verdict.ts'

/** May be read late, or not at all: each is asked for once in a decision that depends on it. */
export interface Moment {
  /** Milliseconds since the epoch. */
  readonly now: number
  /** What conditions see as `session`. */
  readonly session: Facts
}

export class Pair {
  /** Some policy may grant something here. Without one nothing is opened, Session actions included. */
  readonly selected: boolean
  /** The policy whose kill switch is on. */
  readonly suspendedBy?: string
  /** Why everything is denied, if it is: nothing selects, suspended, or a policy cannot be enforced. */
  readonly denied?: string
  /** Keys of the policies that select the two. */
  readonly policies: readonly string[]
  readonly masks: readonly Mask[]
  readonly limits: readonly Limit[]
  readonly recording: RecordingPolicy
  /** Some verdict depends on which object a name means, or on a condition. */
  readonly selective: boolean
  /** Of everything that was said here; it changes when any selecting policy does. */
  readonly hash: string

  readonly #subject: Subject
  readonly #policies: readonly CompiledPolicy[]
  readonly #known = new WeakMap<ActionShape, Decision | Residual>()

  constructor(policies: readonly CompiledPolicy[], who: Omit<Subject, 'policies'>) {
    this.policies = policies.map(({ key }) => key)
    this.#subject = { ...who, policies }
    this.#policies = policies
    this.selected = policies.some(({ grants }) => grants)
    this.masks = policies.flatMap(({ masks }) => masks)
    this.limits = policies.flatMap(({ limits }) => limits)
    this.selective = policies.some(({ rules }) =>
      rules.some(({ match, condition }) => match.objects !== undefined || condition !== undefined),
    )
    this.recording = strictestRecording(policies.map(({ recording }) => recording))
    this.hash = contentHash(policies.map(({ key, hash, problem = '' }) => [key, hash, problem]))
    const off = policies.find((policy) => policy.suspended)
    if (off !== undefined) this.suspendedBy = off.key
    const broken = policies.find(({ problem }) => problem !== undefined)
    if (off !== undefined) this.denied = suspended(off.key)
    else if (broken?.problem !== undefined) this.denied = unusable(broken.key, broken.problem)
    else if (!this.selected) this.denied = notSelected(who)
  }

  /** Some condition reads `facts.NAME`. */
  usesFact(name: string): boolean {
    return this.#policies.some(({ rules }) =>
      rules.some(({ condition }) => condition?.references.facts.has(name) === true),
    )
  }

  /** A promise only if the verdict depends on a fact that has to be asked of the target. */
  decide(action: Action, at: Moment): Decision | Promise<Decision> {
    const { shape } = action
    const known = this.#known.get(shape) ?? this.#learn(shape)
    return 'verdict' in known ? known : this.#decideCall(known, action, { now: at.now, session: at.session })
  }

  #learn(shape: ActionShape): Decision | Residual {
    const known = this.#judge(shape)
    this.#known.set(shape, known)
    return known
  }

  #judge(shape: ActionShape): Decision | Residual {
    if (this.denied !== undefined) return seal(this.#refusal(this.denied), shape)
    const scope = new CallScope((name) => ownFact(shape.facts, name), this.#subject, { now: 0, session: {} })
    const residual = residualOf(this.#policies, shape, scope)
    return residual.lines.length === 0 ? seal(decideOnce(residual, shape, this.#subject), shape) : residual
  }

  #decideCall(residual: Residual, action: Action, at: Moment): Decision | Promise<Decision> {
    const names = Object.keys(action.costly)
    const askable = names.length === 0 ? NO_NAMES : new Set(names)
    const first = decideCall(residual, action, this.#call(action, at, askable, NOTHING), this.#subject)
    if ('decision' in first) return seal(first.decision, action)
    return fetchCostly(action, first.needs).then((fetched) => {
      // Facts that were not asked for now stay as they are: what the verdict depends on has been asked.
      const left = new Set(names.filter((name) => !first.needs.has(name)))
      return this.#decideFetched(residual, action, at, left, fetched)
    })
  }

  #decideFetched(
    residual: Residual,
    action: Action,
    at: Moment,
    askable: ReadonlySet<string>,
    fetched: Fetched,
  ): Decision | Promise<Decision> {
    const next = decideCall(residual, action, this.#call(action, at, askable, fetched), this.#subject)
    if ('decision' in next) return seal(next.decision, action)
    const left = new Set([...askable].filter((name) => !next.needs.has(name)))
    return fetchCostly(action, next.needs).then((more) =>
      this.#decideFetched(residual, action, at, left, both(fetched, more)),
    )
  }

  #call(action: Action, at: Moment, askable: ReadonlySet<string>, { facts, unavailable }: Fetched): Call {
    const { shape } = action
    // A fact that is null is there, so `??` would not do.
    const fact: Scope['fact'] = (name) => {
      if (Object.hasOwn(shape.facts, name)) return shape.facts[name]
      return Object.hasOwn(action.facts, name) ? action.facts[name] : facts.get(name)
    }
    const scope = new CallScope(fact, this.#subject, at)
    return { scope, askable, unavailable }
  }

  #refusal(reason: string): Decision {
    const policy = this.suspendedBy ?? this.#policies.find(({ problem }) => problem !== undefined)?.key
    return {
      verdict: 'Deny',
      part: 0,
      ...(policy === undefined ? {} : { policy }),
      reason,
      shadows: [],
      conditionFaults: [],
      volatile: false,
    }
  }
}

class CallScope implements Scope {
  readonly fact: Scope['fact']
  readonly agent: object
  readonly connection: object
  readonly now: number
  readonly #given: Facts
  #session: object | undefined

  constructor(fact: Scope['fact'], { agent, connection }: Subject, { now, session }: Moment) {
    this.fact = fact
    this.agent = agent
    this.connection = connection
    this.now = now
    this.#given = session
  }

  /** Converted only if some condition reads it. */
  get session(): object {
    const session: object = this.#session ?? Object(toCel(this.#given, 'map<string, dyn>'))
    this.#session = session
    return session
  }
}

const NO_NAMES: ReadonlySet<string> = new Set()
const NOTHING: Fetched = { facts: new Map(), unavailable: new Map() }

function ownFact(facts: Facts, name: string): FactValue | undefined {
  return Object.hasOwn(facts, name) ? facts[name] : undefined
}

function both(a: Fetched, b: Fetched): Fetched {
  return { facts: new Map([...a.facts, ...b.facts]), unavailable: new Map([...a.unavailable, ...b.unavailable]) }
}
