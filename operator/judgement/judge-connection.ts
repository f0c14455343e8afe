// The verdict on one Connection: whose its hosts are, and what its own words and references show.
import type { Resource } from '#crds/resource.ts'
import type { ConfigMap, Connection, Secret } from '#crds/types.gen.ts'
import type { Named } from '#sidecar/check/beside.ts'
import { checkConnection } from '#sidecar/check/connections.ts'
import { warnOfPatterns } from '#sidecar/check/endpoints.ts'
import { Report } from '#sidecar/check/fault.ts'
import type { ProtocolFacts } from '#sidecar/check/protocol-facts.ts'
import { verdictOf } from './doubts.ts'
import type { Known } from './known.ts'
import { type ConnectionVerdict, type Finding, fails, shortened, type Verdict } from './verdict.ts'

/** What can be told of a Connection without its rivals. */
export function judgeConnection(
  protocols: ReadonlyMap<string, ProtocolFacts>,
  connection: Connection,
  secrets: Named<Secret>,
  configMaps: Named<ConfigMap>,
): Verdict {
  const report = new Report()
  checkConnection(connection, { protocols, secrets, configMaps, report })
  warnOfPatterns(connection, report)
  return verdictOf(connection, report.doubts)
}

/** `claim`: why it holds no endpoint. That comes first: whose host it is matters more than how it is spoken to. */
export function connectionVerdict(own: Verdict, claim: Finding | undefined, served: boolean): ConnectionVerdict {
  if (claim === undefined) return { ...own, steers: served }
  return { ...own, accepted: fails(claim.reason, claim.message), problem: claim.message, steers: false }
}

export function unreadable({ metadata, problem }: Known<Resource>): ConnectionVerdict {
  const message = shortened(
    `this version cannot read ${metadata.name}: ${problem}; correct it, or upgrade the operator`,
  )
  return {
    accepted: fails('Unreadable', message),
    resolved: fails('Unreadable', 'it cannot be read, so nobody knows what it refers to'),
    problem: message,
    steers: false,
  }
}
