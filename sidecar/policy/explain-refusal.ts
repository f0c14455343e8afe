// The one sentence that an agent's developer reads: what was decided, by which policy and rule, and what can be done.
import type { ActionShape, Part } from '#sidecar/action.ts'
import type { Vote } from './combine.ts'
import type { Subject } from './decide.ts'
import type { Limit } from './limit.ts'
import { matchesPart } from './match.ts'
import type { Verdict } from './verdict.ts'

export interface Question {
  readonly verdict: Verdict
  readonly shape: ActionShape
  /** Index of the part that decided. */
  readonly part: number
  readonly vote: Vote | undefined
  readonly subject: Subject
  /** Absent: it is so at any time. */
  readonly now: number | undefined
}

export function reasonFor({ verdict, shape, part, vote, subject, now }: Question): string {
  const decided = shape.parts[part]
  if (decided === undefined) return `the action has no part that could be decided, so it is denied`
  if (decided.effect === 'Unknown') return unknownPart(decided)
  const what = describePart(decided)
  if (vote === undefined) {
    if (verdict === 'Allow') return `${what} changes nothing of the target and is allowed on every open connection`
    const policies = list(subject.policies.map(({ key }) => key))
    const unmet = unmetRule(decided, subject, now)
    if (unmet !== undefined) return `${what} is denied because no rule of ${policies} allows it: ${unmet}`
    if (decided.opaque === true) {
      return `${what} is denied because it runs code that nobody reviewed and no rule of ${policies} names it; ${askOwners(subject)} for a rule that does: ${ruleNaming(decided)}`
    }
    return `${what} is denied because no rule of ${policies} allows it; ${askOwners(subject)} for a rule that does`
  }
  const by =
    vote.rule === undefined ? `policy ${vote.policy.key}` : `rule ${vote.rule.name} of policy ${vote.policy.key}`
  if (vote.rule === undefined)
    return `${what} is allowed by ${by}, which is in Audit mode and enforces none of its rules`
  if (verdict === 'Allow') return `${what} is allowed by ${by}`
  const remedy = vote.rule.message ?? `${askOwners(subject)} if you need it`
  if (verdict === 'Deny') return `${what} is denied by ${by}: ${remedy}`
  const approvers = list(vote.rule.approval?.approvers ?? [])
  const { name, message } = vote.rule
  return `${what} needs approval by ${approvers} (rule ${name} of ${vote.policy.key})${message === undefined ? '' : `: ${message}`}`
}

/** No policy has voted: a rule that speaks of the part in spite of that waits for another time or another call. */
function unmetRule(part: Part, subject: Subject, now: number | undefined): string | undefined {
  const unmet = subject.policies
    .filter(({ grants, audit }) => grants && !audit)
    .flatMap(({ key, rules }) =>
      rules
        .filter(({ action, audit, match }) => action !== 'Deny' && !audit && matchesPart(match, action, part))
        .map((rule) => ({ key, rule })),
    )
  const told = unmet.find(({ rule }) => rule.message !== undefined) ?? unmet[0]
  if (told === undefined) return undefined
  const { name, during = [], message } = told.rule
  const closed = now !== undefined && during.length > 0 && !during.some((window) => window.open(now))
  const when = closed
    ? `in ${during.length === 1 ? 'window' : 'windows'} ${list(during.map((window) => window.name))}`
    : 'where its condition holds'
  return `rule ${name} of ${told.key} does only ${when}${message === undefined ? `; ${askOwners(subject)} for a rule that does` : `: ${message}`}`
}

/** Why a pair as a whole is refused. */
export function notSelected({ agent, connection }: Pick<Subject, 'agent' | 'connection'>): string {
  const who = `${agent.namespace}/${agent.serviceAccount}`
  const where = `${connection.namespace}/${connection.name}`
  return `no policy lets agent ${who} use connection ${where}; ask the owners of namespace ${connection.namespace} for an AccessPolicy that selects both`
}

export function suspended(policy: string): string {
  return `policy ${policy} is suspended, which denies everything to the agents and connections it selects; ask its owners to set suspend to false`
}

export function unusable(policy: string, problem: string): string {
  return `policy ${policy} cannot be enforced (${problem}), and until it is put right everything is denied to the agents and connections it selects`
}

/** Which limit stops it. What can be done depends on what was stopped, and is said beside it. */
export function limitReached({ policy, text }: Limit): string {
  return `limit of policy ${policy} reached: ${text}`
}

function describePart({ verb, effect, object }: Part): string {
  return object === undefined ? `${verb} (${effect})` : `${verb} of ${object.kind} ${object.name}`.trimEnd()
}

/** What to write into a rule's `match` for code that nobody reviewed. */
function ruleNaming({ verb, object }: Part): string {
  return object === undefined
    ? `match: {verbs: [${verb}]}`
    : `match: {objects: [{kind: ${object.kind}, names: [${JSON.stringify(object.name)}]}]}`
}

/** Rounded up: whoever waits that long does not come too early. */
export function duration(seconds: number): string {
  if (seconds < 120) return count(Math.ceil(seconds), 'second')
  return seconds < 7200 ? count(Math.ceil(seconds / 60), 'minute') : count(Math.ceil(seconds / 3600), 'hour')
}

function count(number: number, unit: string): string {
  return `${number} ${unit}${number === 1 ? '' : 's'}`
}

/** With a full stop, so that another sentence can follow. */
export function sentence(text: string): string {
  return /[.!?…]$/.test(text) ? text : `${text.replace(/[;:,]$/, '')}.`
}

function unknownPart({ verb, unknown, absent }: Part): string {
  if (absent !== undefined && unknown !== undefined)
    return `${unknown}, as far as the gateway knows; what cannot be looked up is denied whatever policies say, so look how it is written`
  const what = unknown === undefined ? `${verb} was not understood` : `${verb} was not understood: ${unknown}`
  return `${what}; what is not understood is denied whatever policies say, so put it in simpler terms`
}

function askOwners({ connection }: Subject): string {
  return `ask the owners of namespace ${connection.namespace}`
}

function list(names: readonly string[]): string {
  const shown = names.slice(0, 5).join(', ')
  return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown
}
