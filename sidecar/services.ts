// What every protocol's server gets from the gateway it runs in. One set for each process.
import type { Connection } from '#crds/types.gen.ts'
import type { AuditLog } from './audit/audit-log.ts'
import type { GatewayCounters } from './counters.ts'
import type { Agent } from './identity/agent.ts'
import type { TokenVerifier } from './identity/oidc.ts'
import type { Logger } from './log.ts'
import type { MaskingKeys } from './masking/digest.ts'
import type { MemoryBudget } from './memory-budget.ts'
import type { AgentTls } from './net/agent-tls.ts'
import type { ResolveHost } from './net/resolve.ts'
import type { PolicySet } from './policy/compile.ts'
import type { LimitCounters } from './policy/limits.ts'
import type { Recorder } from './recorder/recorder.ts'

export interface Services {
  readonly log: Logger
  readonly recorder: Recorder
  readonly audit: AuditLog
  readonly counters: GatewayCounters
  readonly limits: LimitCounters
  readonly maskingKeys: MaskingKeys
  /** For messages that have not come to their end, whatever the protocol. */
  readonly memory: MemoryBudget
  /** Certificates for the agents' side; undefined: agents get no TLS. */
  readonly agentTls: AgentTls | undefined
  /** The pod, or who a laptop says it is. */
  readonly agent: Agent
  /** Where targets are. In a pod never by the pod's own files. */
  readonly resolve: ResolveHost
  /** As they are in force now; asked anew for each decision that opens a session. */
  policies(): PolicySet
  tokens(): TokenVerifier
  /** Milliseconds since the epoch. */
  now(): number
}

/** A Connection with what its references stand for. */
export interface ConfiguredConnection {
  readonly namespace: string
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly spec: Connection['spec']
  /** PEM, from `tls.caRef`. */
  readonly ca: string | undefined
  /** Keys of the credentials Secret. */
  readonly credentials: ReadonlyMap<string, string>
  /** What agents may call it besides its endpoints' hosts: names and addresses that its certificate must be good for. */
  readonly dialledAs?: readonly string[]
  /** What the endpoint's host was where it is a pattern; `spec` then has the host that was dialled, a name or an address. */
  readonly pattern?: string
  /** Why no session can be opened, if its references do not resolve. */
  readonly problem: string | undefined
}

/** `namespace/name`. */
export function connectionKey({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
  return `${namespace}/${name}`
}
