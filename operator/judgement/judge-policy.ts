// The verdict on one policy. It depends on the policy and on few answers about the rest of the cluster; as long as these stay the
// same nothing is checked again, however much comes and goes that the policy selects.
import type { Named } from '#sidecar/check/beside.ts'
import { Report } from '#sidecar/check/fault.ts'
import { checkPolicy } from '#sidecar/check/policies.ts'
import type { ProtocolFacts } from '#sidecar/check/protocol-facts.ts'
import { namedConnections, type Policy } from '#sidecar/check/selection.ts'
import { verdictOf } from './doubts.ts'
import { notOwner } from './permitted.ts'
import { fails, type Verdict } from './verdict.ts'

/** All that a verdict depends on besides the policy itself. */
export interface Circumstances {
  /** Whether its namespace is an owner; a cluster policy needs none. */
  readonly owner: boolean
  /** Protocols of the Connections that it selects, sorted. */
  readonly spoken: readonly string[]
  /** Connections that it names and that are not there, `namespace/name`. */
  readonly absent: readonly string[]
  /** Whether some Connection is selected, be it one that cannot be read. */
  readonly selectsAny: boolean
  /** Of the IdentityProvider that it names; `yes` where it names none. */
  readonly provided: 'yes' | 'absent' | 'refused'
}

export function judgePolicy(
  protocols: ReadonlyMap<string, ProtocolFacts>,
  policy: Policy,
  { owner, spoken, absent, selectsAny, provided }: Circumstances,
): Verdict {
  const missing = new Set(absent)
  const report = new Report()
  checkPolicy(policy, new Set(spoken), {
    protocols,
    connections: answering((key) => (missing.has(key) ? undefined : key)),
    identityProviders: answering((key) => (provided === 'absent' ? undefined : key)),
    report,
    broken: NOTHING_BROKEN,
  })
  const verdict = verdictOf(policy, report.doubts)
  if (!owner) {
    const { reason, message } = notOwner(policy.metadata.namespace ?? '')
    return { ...verdict, accepted: fails(reason, message), problem: message }
  }
  if (provided === 'refused') {
    const message = `spec.agents.identity.provider: IdentityProvider ${policy.spec.agents.identity?.provider} is not accepted; its status says why`
    return { ...verdict, resolved: fails('IdentityProviderRefused', message), problem: verdict.problem ?? message }
  }
  if (selectsAny || !verdict.resolved.holds) return verdict
  // Nothing is denied by it and nothing opened: no problem of any gateway's, but nobody writes a policy for that.
  return { ...verdict, resolved: fails('NothingSelected', `it selects no Connection; ${remedy(policy)}`) }
}

function remedy(policy: Policy): string {
  const names = namedConnections(policy)
  return names.length > 0 ? 'create one that it names' : 'label one as it asks for, or correct the selector'
}

function answering(get: (key: string) => string | undefined): Named<unknown> {
  return { get, names: () => undefined }
}

/** Connections that cannot be read count as there: they have a status of their own. Its size keeps a warning back that a condition says. */
const NOTHING_BROKEN = { has: () => false, size: 1 }
