// How votes become one verdict. For every part each policy gives the action of its first matching rule or abstains; the
// part's verdict is the strictest vote, or Deny if all abstain (Session: Allow); the action's is the strictest of its
// parts. Strictest is a maximum, so neither the order of policies nor of parts can change it.
import type { ObjectRef, Part } from '#sidecar/action.ts'
import { namesExactly } from './match.ts'
import type { CompiledPolicy, CompiledRule } from './policy.ts'
import type { ShadowVerdict, Verdict } from './verdict.ts'

/** What one policy's own rules say about one part. */
export interface Outcome {
  /** The first enforced rule that matches; absent: the policy abstains. */
  readonly rule?: CompiledRule
  /** Rules in Audit mode that matched before it. */
  readonly skipped: readonly CompiledRule[]
}

/** A vote that counts, with where it came from. */
export interface Vote {
  readonly verdict: Verdict
  readonly policy: CompiledPolicy
  /** Absent: the policy is in Audit mode, and that alone is what allows. */
  readonly rule?: CompiledRule
}

const STRICTNESS: Readonly<Record<Verdict, number>> = { Allow: 0, RequireApproval: 1, Deny: 2 }

export function isStricter(a: Verdict, b: Verdict): boolean {
  return STRICTNESS[a] > STRICTNESS[b]
}

/** The votes of all policies on all parts of one action, taken in one by one in any order of parts. */
export class Tally {
  readonly #votes: (Vote | undefined)[]
  /** Every vote that asks for an approval, because each has approvers of its own. */
  readonly #approvals: Set<Vote>
  readonly #shadows: Map<string, ShadowVerdict>
  /** Parts about which some policy's own rule says something, and the audited policies that say nothing about one. */
  readonly #ruled: boolean[]
  readonly #silent: { policy: CompiledPolicy; part: number }[]
  readonly #named: Map<Part, ObjectRef>

  constructor(from?: Tally) {
    this.#votes = from === undefined ? [] : [...from.#votes]
    this.#approvals = from === undefined ? new Set() : new Set(from.#approvals)
    this.#shadows = from === undefined ? new Map() : new Map(from.#shadows)
    this.#ruled = from === undefined ? [] : [...from.#ruled]
    this.#silent = from === undefined ? [] : [...from.#silent]
    this.#named = from === undefined ? new Map() : new Map(from.#named)
  }

  add(policy: CompiledPolicy, part: number, outcome: Outcome, about: Part): void {
    for (const rule of outcome.skipped) this.#shadow(policy, rule, part, rule.action)
    const says = outcome.rule?.action
    if (says !== undefined && (says !== 'Allow' || policy.grants)) this.#ruled[part] = true
    const opens = policy.grants && (says === 'Allow' || says === 'RequireApproval')
    if (opens && outcome.rule !== undefined && about.object !== undefined && namesExactly(outcome.rule.match, about)) {
      this.#named.set(about, about.object)
    }
    if (!policy.audit) {
      if (outcome.rule !== undefined && (outcome.rule.action !== 'Allow' || policy.grants)) {
        this.#vote(part, { verdict: outcome.rule.action, policy, rule: outcome.rule })
      }
      return
    }
    if (outcome.rule !== undefined) this.#shadow(policy, outcome.rule, part, outcome.rule.action)
    else this.#silent.push({ policy, part })
    // In Audit mode a policy is a grant, as far as it could grant at all; code that nobody reviewed it has to name.
    if (policy.grants && (about.opaque !== true || opens)) this.#vote(part, { verdict: 'Allow', policy })
  }

  get named(): readonly ObjectRef[] {
    return [...this.#named.values()]
  }

  vote(part: number): Vote | undefined {
    return this.#votes[part]
  }

  approvals(): readonly Vote[] {
    return [...this.#approvals].sort((a, b) => compare(a.policy.key, b.policy.key))
  }

  /** An audited policy that says nothing would have refused a part only if no other policy's rule speaks about it. */
  shadows(parts: readonly Part[]): readonly ShadowVerdict[] {
    const all = [...this.#shadows.values()]
    for (const { policy, part } of this.#silent) {
      if (this.#ruled[part] || parts[part]?.effect === 'Session' || !policy.grants) continue
      if (!all.some((shadow) => shadow.policy === policy.key && shadow.rule === undefined)) {
        all.push({ verdict: 'Deny', policy: policy.key, part })
      }
    }
    return all.sort((a, b) => compare(a.policy ?? '', b.policy ?? ''))
  }

  #vote(part: number, vote: Vote): void {
    if (vote.verdict === 'RequireApproval') this.#approvals.add(vote)
    const held = this.#votes[part]
    if (held === undefined || isStricter(vote.verdict, held.verdict) || isBetterReason(vote, held)) {
      this.#votes[part] = vote
    }
  }

  /** One per rule, however many parts it matches. */
  #shadow(policy: CompiledPolicy, rule: CompiledRule, part: number, verdict: Verdict): void {
    const key = `${policy.key} ${rule.name}`
    if (this.#shadows.has(key)) return
    const message = rule.message === undefined ? {} : { message: rule.message }
    this.#shadows.set(key, { verdict, policy: policy.key, rule: rule.name, part, ...message })
  }
}

/** By policy, so that what is said does not depend on which votes had to wait for the call. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Of equal verdicts a rule is a better reason than a policy's being audited, and otherwise the first policy by name. */
function isBetterReason(a: Vote, b: Vote): boolean {
  if (a.verdict !== b.verdict) return false
  if ((a.rule === undefined) !== (b.rule === undefined)) return a.rule !== undefined
  return a.policy.key < b.policy.key
}
