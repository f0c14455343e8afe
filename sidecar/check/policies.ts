// An AccessPolicy or ClusterAccessPolicy with what it refers to and with the protocols of the connections it selects.

import type { Path } from '#crds/finding.ts'
import type { LimitRule, Rule } from '#crds/types.gen.ts'
import { parseFieldPath } from '#sidecar/masking/field-path.ts'
import { checkCondition } from '#sidecar/policy/conditions.ts'
import { compilePolicy } from '#sidecar/policy/policy.ts'
import { compileWindow } from '#sidecar/policy/windows.ts'
import type { Report } from './fault.ts'
import { firstThatAllows, halfRefused, onlyHeld } from './loopholes.ts'
import { choices, keyOf } from './names.ts'
import { checkNames, warnOfQuotes } from './object-names.ts'
import type { ProtocolFacts } from './protocol-facts.ts'
import { checkIdentity, checkSelection, type Policy, type PolicyContext } from './selection.ts'
import { firstThatHides } from './unreachable.ts'

/** `names`: the protocols of the Connections that it selects; none, if it selects none. */
export function checkPolicy(policy: Policy, names: ReadonlySet<string>, context: PolicyContext): void {
  const { protocols, report } = context
  checkSelection(policy, names.size > 0, context)
  checkIdentity(policy, context)
  for (const [index, window] of (policy.spec.windows ?? []).entries()) {
    const compiled = compileWindow(window)
    if (typeof compiled === 'string')
      report.error(policy, 'InvalidWindow', ['spec', 'windows', index, 'timeZone'], compiled)
  }
  // A policy that selects nothing yet is judged by every protocol: what none of them understands is a mistake anyway.
  const spoken = [...protocols.values()].filter(({ name }) => names.size === 0 || names.has(name))
  const scope: Scope = { policy, spoken, all: [...protocols.values()], settled: names.size > 0, report }
  for (const [index, rule] of policy.spec.rules.entries()) checkRule(rule, index, scope)
  checkMasks(scope)
  checkLimits(scope)
  checkWhole(scope)
}

interface Scope {
  readonly policy: Policy
  /** The protocols of the selected connections; all, if there are none. */
  readonly spoken: readonly ProtocolFacts[]
  readonly all: readonly ProtocolFacts[]
  /** False: `spoken` is a guess, and one protocol that understands is enough. */
  readonly settled: boolean
  readonly report: Report
}

function checkRule(rule: Rule, index: number, scope: Scope): void {
  const { policy, spoken, report } = scope
  const at: Path = ['spec', 'rules', index]
  const { verbs, objects, condition } = rule.match
  for (const [nth, verb] of (verbs ?? []).entries()) {
    checkWord(scope, [...at, 'match', 'verbs', nth], 'verb', verb, ({ vocabulary }) => vocabulary.verbs)
  }
  for (const [nth, { kind }] of (objects ?? []).entries()) {
    checkWord(
      scope,
      [...at, 'match', 'objects', nth, 'kind'],
      'kind of object',
      kind,
      ({ vocabulary }) => vocabulary.kinds,
    )
  }
  for (const [nth, object] of (objects ?? []).entries())
    checkNames(scope, [...at, 'match', 'objects', nth, 'names'], object, rule.action)
  if (condition !== undefined) {
    const faults = spoken.map(({ vocabulary }) => checkCondition(condition, vocabulary.facts))
    const fault = firstFault(faults, scope)
    if (fault !== undefined) report.error(policy, 'NotEnforceable', [...at, 'match', 'condition'], fault)
  }
  const hiding = firstThatHides(policy.spec.rules, index)
  if (hiding === undefined) warnOfLoopholes(rule, index, scope)
  else {
    const message = `rule ${rule.name} is never reached: rule ${hiding.name} matches all that it matches and comes first`
    report.warning(policy, [...at, 'name'], message, 'put it in front, or take it out')
  }
}

function warnOfLoopholes(rule: Rule, index: number, { policy, spoken, settled, report }: Scope): void {
  if (!settled) return
  const { rules } = policy.spec
  const at: Path = ['spec', 'rules', index]
  for (const { vocabulary } of spoken) {
    const allowing = firstThatAllows(rules, index, vocabulary)
    if (allowing !== undefined) {
      const message = `rule ${rule.name} does not keep back what rule ${allowing.name} allows, which comes first: the first rule that matches decides`
      report.warning(policy, [...at, 'name'], message, `put it in front of rule ${allowing.name}`)
    }
    for (const { refused, left, what } of halfRefused(rules, rule, vocabulary)) {
      const message = `rule ${rule.name} keeps back ${refused}, and ${left} ${what} too`
      report.warning(policy, [...at, 'match', 'verbs'], message, `${left} beside it`)
    }
    const { holds = {} } = vocabulary
    for (const { kind, names = ['*'] } of onlyHeld(rule, holds)) {
      const message = `rule ${rule.name} is about the ${kind} itself, not about what is in it`
      const inside = names.map((name) => `"${name}.*"`).join(', ')
      report.warning(policy, [...at, 'match', 'objects'], message, `{kind: ${holds[kind]}, names: [${inside}]}`)
    }
  }
}

/** A word that no protocol has denies the whole policy; one that only other protocols have never matches here. */
function checkWord(
  { policy, spoken, all, settled, report }: Scope,
  path: Path,
  what: string,
  word: string,
  wordsOf: (protocol: ProtocolFacts) => readonly string[],
): void {
  if (spoken.some((protocol) => wordsOf(protocol).includes(word))) return
  const allowed = spoken.flatMap(wordsOf).toSorted().join(', ')
  if (!all.some((protocol) => wordsOf(protocol).includes(word))) {
    report.error(policy, 'UnknownWord', path, `no protocol has the ${what} ${word}`, allowed)
  } else if (settled) {
    report.warning(policy, path, `${what} ${word} is unknown to ${namesOf(spoken)} and never matches`, allowed)
  }
}

function checkMasks(scope: Scope): void {
  const { policy, spoken, report } = scope
  for (const [index, mask] of policy.spec.masking.entries()) {
    const at: Path = ['spec', 'masking', index]
    for (const target of ['columns', 'detectors', 'fields'] as const) {
      if (mask[target] === undefined) continue
      const faults = spoken.map(({ name, vocabulary }) =>
        vocabulary.masking[target] ? undefined : `${name} cannot mask by ${target}`,
      )
      const fault = firstFault(faults, scope)
      if (fault !== undefined) report.error(policy, 'NotEnforceable', [...at, target], fault, maskableBy(spoken))
    }
    for (const [nth, column] of (mask.columns ?? []).entries()) warnOfQuotes(scope, [...at, 'columns', nth], column)
    for (const [nth, field] of (mask.fields ?? []).entries()) {
      const steps = parseFieldPath(field)
      if (typeof steps === 'string') report.error(policy, 'InvalidMask', [...at, 'fields', nth], steps)
    }
  }
}

function checkLimits(scope: Scope): void {
  const { policy, spoken, report } = scope
  for (const [index, { metric }] of policy.spec.limits.entries()) {
    const faults = spoken.map(({ name, vocabulary }) =>
      vocabulary.metrics.includes(metric) ? undefined : `${name} cannot count ${metric}`,
    )
    const fault = firstFault(faults, scope)
    const allowed = choices(
      spoken.flatMap(({ vocabulary }) => vocabulary.metrics),
      'none',
    )
    if (fault !== undefined) report.error(policy, 'NotEnforceable', ['spec', 'limits', index, 'metric'], fault, allowed)
  }
  warnOfRows(scope)
  warnOfAffected(scope)
}

/** What a change affects is known when it is done, and the next statement counts anew. */
function warnOfAffected({ policy, spoken, settled, report }: Scope): void {
  if (!settled || !spoken.some(({ vocabulary }) => vocabulary.metrics.includes('AffectedRows'))) return
  for (const [index, limit] of policy.spec.limits.entries()) {
    if (limit.metric !== 'AffectedRows' || limit.per !== 'Statement') continue
    const message = 'rows affected are known when a statement is done, so this limit stops nothing'
    const remedy = 'per Session, Pod or Agent, or a condition on facts.estimatedRows'
    report.warning(policy, ['spec', 'limits', index, 'per'], message, remedy)
  }
}

/** Whoever limits rows means what is read. Another policy's limit on bytes is no answer: it goes with that policy. */
function warnOfRows({ policy, spoken, settled, report }: Scope): void {
  const { limits } = policy.spec
  const rows = limits.findIndex((limit) => limit.metric === 'Rows' && bounds(limit))
  const counted = spoken.some(({ vocabulary }) => ['Rows', 'Bytes'].every((each) => vocabulary.metrics.includes(each)))
  if (!settled || !counted || rows < 0) return
  if (limits.some((limit) => limit.metric === 'Bytes' && bounds(limit))) return
  const message = 'an aggregate puts a whole table into one row, which no limit on Rows bounds'
  const remedy = '{metric: Bytes, per: Statement, max: …} beside it'
  report.warning(policy, ['spec', 'limits', rows, 'metric'], message, remedy)
}

function bounds({ onExceed }: LimitRule): boolean {
  return onExceed !== 'Alert'
}

/** The gateway's own compiler has the last word: what it cannot honour is never called good here. */
function checkWhole({ policy, spoken, all, settled, report }: Scope): void {
  if (!settled || report.hasErrors(policy)) return
  const identity = { key: keyOf(policy), grants: policy.kind === 'AccessPolicy' || policy.spec.grants, hash: '' }
  const known = all.map(({ vocabulary }) => vocabulary)
  for (const { vocabulary } of spoken) {
    const { problem } = compilePolicy(identity, policy.spec, vocabulary, known)
    if (problem !== undefined) report.error(policy, 'NotEnforceable', ['spec'], problem)
  }
}

function firstFault(faults: readonly (string | undefined)[], { settled }: Scope): string | undefined {
  if (!settled && faults.includes(undefined)) return undefined
  return faults.find((fault) => fault !== undefined)
}

function maskableBy(protocols: readonly ProtocolFacts[]): string {
  return choices(
    (['columns', 'detectors', 'fields'] as const).filter((target) =>
      protocols.every(({ vocabulary }) => vocabulary.masking[target]),
    ),
    'no masking',
  )
}

function namesOf(protocols: readonly ProtocolFacts[]): string {
  return protocols.map(({ name }) => name).join(', ')
}
