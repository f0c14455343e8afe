// Who may wire targets to agents: Connections and AccessPolicies live in owner namespaces, and a Connection may hold a
// credential only by the hand of someone who may use that Secret. Else anyone who can write Connections could aim another
// team's password at a server of their own (T53, T56).
import { OWNER_LABEL } from '#contracts/pod/names.ts'
import { sameJson } from '../inject/json.ts'
import { isRecord } from '../kube/object.ts'
import type { AccessQuestion, UserInfo } from './access.ts'
import type { Fault } from './pod-rules.ts'
import type { Labels } from './validate-namespace.ts'

export interface WiringChange {
  readonly kind: 'Connection' | 'AccessPolicy'
  readonly namespace: string
  readonly namespaceLabels: Labels
  readonly user: UserInfo
  /** Absent when the resource is being made. */
  readonly before?: unknown
  readonly after: unknown
}

const CREDENTIALS_TYPE = 'sallyport.dev/credentials'

/** Changes of metadata pass everywhere: finalizers must go, whatever has become of the namespace. */
export function wiringFaults(change: WiringChange): readonly Fault[] {
  if (!changesSpec(change) || change.namespaceLabels[OWNER_LABEL] === 'true') return []
  return [
    {
      rule: 'owner-namespace',
      message: `${change.kind} resources live in namespaces with the label ${OWNER_LABEL}: "true", and ${change.namespace} has none; use the namespace of the target's owner, or ask who has the verb own on namespaces to set it`,
    },
  ]
}

/** Any change of a Connection with a credential needs the right to use it: every member says where it goes, or how it is guarded on the way. */
export function wiringQuestions(change: WiringChange): readonly AccessQuestion[] {
  const secret = secretOf(change)
  if (secret === undefined || !changesSpec(change)) return []
  const { user, namespace } = change
  return [{ user, verb: 'use', group: '', resource: 'secrets', namespace, name: secret }]
}

/** Name of the Secret that the Connection would hold. */
export function secretOf({ kind, after }: WiringChange): string | undefined {
  if (kind !== 'Connection') return undefined
  const name = member(member(member(specOf(after), 'credentials'), 'secretRef'), 'name')
  return typeof name === 'string' ? name : undefined
}

/** `type` is undefined if there is no such Secret: it may come later, and status says so until then. */
export function secretFaults(name: string, type: string | undefined): readonly Fault[] {
  return type === undefined || type === CREDENTIALS_TYPE
    ? []
    : [
        {
          rule: 'credentials-type',
          message: `spec.credentials.secretRef: Secret ${name} is of type ${type}; only Secrets of type ${CREDENTIALS_TYPE} are given to gateways: make one`,
        },
      ]
}

function changesSpec({ before, after }: WiringChange): boolean {
  return before === undefined || !sameJson(specOf(before), specOf(after))
}

function specOf(object: unknown): unknown {
  return member(object, 'spec')
}

function member(value: unknown, name: string): unknown {
  return isRecord(value) ? value[name] : undefined
}
