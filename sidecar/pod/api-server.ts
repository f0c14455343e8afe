// The pod's API server, as its programs know it: refused in words instead of a reset.
import { StandIn } from '#sidecar/api-server/stand-in.ts'
import { namesFor } from '#sidecar/dns/names.ts'
import type { AgentTls } from '#sidecar/net/agent-tls.ts'
import type { StandInPlace } from '#sidecar/steering/steering.ts'
import type { PodEnvironment } from './environment.ts'

/** The Service that every cluster has, in a namespace that every cluster has. */
const HOST = 'kubernetes.default.svc'

export function apiServerStandIn(
  { address, port }: NonNullable<PodEnvironment['apiServer']>,
  agentTls: Pick<AgentTls, 'context'>,
  clusterDomain: () => string,
): StandInPlace {
  const names = (): readonly string[] => namesFor(HOST, { namespace: 'default', clusterDomain: clusterDomain() })
  return { host: HOST, address, port, server: new StandIn({ context: () => agentTls.context([...names(), address]) }) }
}
