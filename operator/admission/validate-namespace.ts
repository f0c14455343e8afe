// The two labels of a namespace that mean something here. Who makes every pod carry the gateway may be anyone; taking that
// back, and saying where Connections may live, is for who was given the verb.
import { ENFORCEMENT_LABEL, ENFORCEMENT_REQUIRED, OWNER_LABEL } from '#contracts/pod/names.ts'
import { isRecord } from '../kube/object.ts'
import type { AccessQuestion, UserInfo } from './access.ts'
import type { Fault } from './pod-rules.ts'

export interface NamespaceChange {
  readonly name: string
  readonly user: UserInfo
  /** Empty for a namespace that is being made. */
  readonly before: Labels
  readonly after: Labels
}

export type Labels = Readonly<Record<string, string>>

/** Faults that no right can mend. What was there before this webhook was does not stop other changes. */
export function namespaceFaults({ before, after }: NamespaceChange): readonly Fault[] {
  if ([ENFORCEMENT_LABEL, OWNER_LABEL].every((label) => before[label] === after[label])) return []
  const enforcement = after[ENFORCEMENT_LABEL]
  const owner = after[OWNER_LABEL]
  const faults = [
    ...(enforcement === undefined || enforcement === ENFORCEMENT_REQUIRED
      ? []
      : [`metadata.labels: ${ENFORCEMENT_LABEL} must be '${ENFORCEMENT_REQUIRED}', or be absent`]),
    ...(owner === undefined || owner === 'true'
      ? []
      : [`metadata.labels: ${OWNER_LABEL} must be 'true', or be absent`]),
    ...(enforcement !== undefined && owner !== undefined
      ? [
          `a namespace is for agents (${ENFORCEMENT_LABEL}) or for their targets (${OWNER_LABEL}), never for both; use two`,
        ]
      : []),
  ]
  return faults.map((message) => ({ rule: 'namespace-labels', message }))
}

/** The rights that this change needs. */
export function namespaceQuestions({ name, user, before, after }: NamespaceChange): readonly AccessQuestion[] {
  const verbs = [
    ...(before[ENFORCEMENT_LABEL] === ENFORCEMENT_REQUIRED && after[ENFORCEMENT_LABEL] !== ENFORCEMENT_REQUIRED
      ? ['unenforce']
      : []),
    ...(before[OWNER_LABEL] === after[OWNER_LABEL] ? [] : ['own']),
  ]
  return verbs.map((verb) => ({ user, verb, group: '', resource: 'namespaces', name }))
}

/** Labels of any object, as the API server sends it. */
export function labelsOf(object: unknown): Labels {
  const metadata = isRecord(object) ? object['metadata'] : undefined
  const labels = isRecord(metadata) ? metadata['labels'] : undefined
  if (!isRecord(labels)) return {}
  return Object.fromEntries(
    Object.entries(labels).filter((pair): pair is [string, string] => typeof pair[1] === 'string'),
  )
}
