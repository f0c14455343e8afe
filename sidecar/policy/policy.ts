// Policies, compiled: what one policy says to agents on connections of one protocol.
//
// A policy that cannot be honoured whole is not honoured in part: its `problem` denies every pair that it selects, until
// it is put right. Fact schemas differ by protocol, so a policy is compiled once for each protocol it meets.
import type { ClusterAccessPolicySpec, MaskingRule, Rule } from '#crds/types.gen.ts'
import type { Mask } from '#sidecar/masking/mask.ts'
import type { Vocabulary } from '#sidecar/protocols/protocol.ts'
import { parseAmount } from './amounts.ts'
import { compileApproval } from './approval.ts'
import { type Condition, compileCondition } from './conditions.ts'
import { compileLimit, type Limit } from './limit.ts'
import { compileObjects, type StaticMatch } from './match.ts'
import type { RecordingWish } from './recording.ts'
import type { Approval } from './verdict.ts'
import { compileWindow, type Window } from './windows.ts'

/** What AccessPolicy and ClusterAccessPolicy have in common. */
export type PolicySpec = Omit<ClusterAccessPolicySpec, 'connections' | 'grants'>

export interface CompiledRule {
  readonly name: string
  readonly action: Rule['action']
  /** Audit: recorded and skipped. */
  readonly audit: boolean
  readonly match: StaticMatch
  /** Any of them must be open; absent: at any time. */
  readonly during?: readonly Window[]
  readonly condition?: Condition
  readonly message?: string
  readonly approval?: Approval
}

export interface CompiledPolicy {
  /** `namespace/name`, or the bare name of a cluster policy. */
  readonly key: string
  /** Recorded as shadow verdicts; votes Allow where it may grant. */
  readonly audit: boolean
  /** False: a guardrail, whose Allow is no vote. */
  readonly grants: boolean
  readonly suspended: boolean
  readonly rules: readonly CompiledRule[]
  readonly masks: readonly Mask[]
  readonly limits: readonly Limit[]
  readonly recording: RecordingWish
  /** Of the resource's content. */
  readonly hash: string
  /** Why nothing can be decided by it. */
  readonly problem?: string
}

export interface PolicyIdentity {
  readonly key: string
  readonly grants: boolean
  readonly hash: string
}

/** `known` are the vocabularies of all protocols: a word that none of them has is a mistake, not another protocol's. */
export function compilePolicy(
  identity: PolicyIdentity,
  spec: PolicySpec,
  vocabulary: Vocabulary,
  known: readonly Vocabulary[],
): CompiledPolicy {
  const problems: string[] = []
  const take = <T>(compiled: T | string): compiled is T => {
    if (typeof compiled === 'string') problems.push(compiled)
    return typeof compiled !== 'string'
  }
  const windows = new Map<string, Window>()
  for (const window of spec.windows ?? []) {
    const compiled = compileWindow(window)
    if (take(compiled)) windows.set(window.name, compiled)
  }
  const rules = spec.rules.map((rule) => compileRule(rule, windows, vocabulary, known)).filter(take)
  const masks = spec.masking.map((mask) => compileMask(identity.key, mask, vocabulary)).filter(take)
  const audit = spec.mode === 'Audit'
  const limits = spec.limits.map((limit) => compileLimit(identity.key, limit, audit, vocabulary)).filter(take)
  const recording = compileRecording(spec)
  const [problem] = problems
  return {
    ...identity,
    audit,
    suspended: spec.suspend,
    rules,
    masks,
    limits,
    recording,
    ...(problem === undefined ? {} : { problem }),
  }
}

function compileRule(
  rule: Rule,
  windows: ReadonlyMap<string, Window>,
  vocabulary: Vocabulary,
  known: readonly Vocabulary[],
): CompiledRule | string {
  const { verbs, effects, objects, during, condition } = rule.match
  for (const verb of verbs ?? []) {
    if (!known.some((each) => each.verbs.includes(verb))) return `rule ${rule.name}: no protocol has the verb "${verb}"`
  }
  for (const { kind } of objects ?? []) {
    if (!known.some((each) => each.kinds.includes(kind)))
      return `rule ${rule.name}: no protocol has objects of kind "${kind}"`
  }
  const open: Window[] = []
  for (const name of during ?? []) {
    const window = windows.get(name)
    if (window === undefined) return `rule ${rule.name}: during names "${name}", which is not a window of the policy`
    open.push(window)
  }
  const compiled = condition === undefined ? undefined : compileCondition(condition, vocabulary.facts)
  if (typeof compiled === 'string') return `rule ${rule.name}: condition: ${compiled}`
  const approval = approvalOf(rule)
  if (typeof approval === 'string') return approval
  return {
    name: rule.name,
    action: rule.action,
    audit: rule.mode === 'Audit',
    match: {
      ...(verbs === undefined ? {} : { verbs: new Set(verbs) }),
      ...(effects === undefined ? {} : { effects: new Set(effects) }),
      ...(objects === undefined ? {} : { objects: compileObjects(objects) }),
    },
    ...(during === undefined ? {} : { during: open }),
    ...(compiled === undefined ? {} : { condition: compiled }),
    ...(rule.message === undefined ? {} : { message: rule.message }),
    ...(approval === undefined ? {} : { approval }),
  }
}

function approvalOf({ name, action, approval }: Rule): Approval | undefined | string {
  if (action !== 'RequireApproval') return undefined
  if (approval === undefined) return `rule ${name}: RequireApproval says no approvers`
  const compiled = compileApproval(approval)
  return typeof compiled === 'string' ? `rule ${name}: ${compiled}` : compiled
}

function compileMask(policy: string, mask: MaskingRule, { masking }: Vocabulary): Mask | string {
  for (const target of ['columns', 'detectors', 'fields'] as const) {
    if (mask[target] !== undefined && !masking[target]) {
      return `mask ${mask.name}: this connection's protocol cannot mask ${target}`
    }
  }
  const crooked = mask.columns?.find((column) => column.split('.').length !== 3)
  if (crooked !== undefined)
    return `mask ${mask.name}: "${crooked}" does not have the three segments schema.table.column`
  const { name, strategy, columns = [], detectors = [], fields = [], predicates, copies, writes, mode } = mask
  if (columns.length + detectors.length + fields.length === 0) return `mask ${name}: it names nothing to mask`
  return { policy, name, strategy, columns, detectors, fields, predicates, copies, writes, mode }
}

/** The schema has no defaults here: a default would be indistinguishable from a wish. */
function compileRecording({ recording: { responses, ...wishes } }: PolicySpec): RecordingWish {
  const { maxBytesPerStatement, maxRowsPerStatement } = responses ?? {}
  return {
    ...wishes,
    responses: {
      ...(maxBytesPerStatement === undefined ? {} : { maxBytesPerStatement: cap(maxBytesPerStatement) }),
      ...(maxRowsPerStatement === undefined ? {} : { maxRowsPerStatement: cap(maxRowsPerStatement) }),
    },
  }
}

/** The schema lets only amounts through; if it ever does not, everything is kept. */
function cap(amount: number | string): number {
  return parseAmount(amount) ?? Number.POSITIVE_INFINITY
}
