// `sallyport gateway …`: arguments, read once.
import { parseArgs } from 'node:util'
import type { Agent } from '#sidecar/identity/agent.ts'
import { isLogLevel, LOG_LEVELS, type LogLevel } from '#sidecar/log.ts'
import { parseAgent } from '../agent-option.ts'

export const USAGE = `Usage: sallyport gateway --manifests DIR [options]

Serves the Connections in DIR on this machine, under the policies in DIR: the sidecar's own code, without Kubernetes. The
directory is trusted; it is read again within a second of a change, and open sessions are decided again. Those of a
changed Connection or Secret, and those that would lose a mask, are cut; what cannot be read keeps what was in force. What
\`sallyport check\` warns of is in the log.

  --manifests DIR                     Connections, AccessPolicies, ClusterAccessPolicies, IdentityProviders, Secrets, ConfigMaps
  --listen NAMESPACE/NAME=HOST:PORT   where agents reach a Connection; may be repeated. Default: 127.0.0.1 and the port of
                                      the Connection's first endpoint, or a free one if that is taken or a target's
  --agent namespace=NS,serviceAccount=SA[,labels=k=v[;k=v]…]
                                      who the agents are. Default: namespace=default,serviceAccount=default
  --state DIR                         keys and recordings. Default: ./sallyport-state
  --audit FILE|-                      audit events as JSON lines. Default: none but what the recordings hold
  --metrics HOST:PORT                 Prometheus metrics at /metrics, health at /healthz
  --no-agent-tls                      offer agents no TLS; else ca.crt in the state directory is what they can trust
  --log LEVEL                         ${LOG_LEVELS.join(', ')}. Default: info, to standard error
  --help                              this text

Exit status: 0 stopped by SIGINT or SIGTERM, 1 it cannot run (it says why), 2 the command was not understood.
`

export interface Listen {
  readonly connection: string
  readonly host: string
  readonly port: number
}

export interface GatewayCommand {
  readonly manifests: string
  readonly listen: readonly Listen[]
  readonly agent: Agent
  readonly state: string
  readonly audit: string | undefined
  readonly metrics: { readonly host: string; readonly port: number } | undefined
  readonly agentTls: boolean
  readonly log: LogLevel
}

/** Throws what is wrong with the arguments. */
export function readOptions(args: readonly string[]): GatewayCommand | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      manifests: { type: 'string' },
      listen: { type: 'string', multiple: true },
      agent: { type: 'string' },
      state: { type: 'string' },
      audit: { type: 'string' },
      metrics: { type: 'string' },
      'no-agent-tls': { type: 'boolean' },
      log: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help) return 'help'
  if (!values.manifests) throw new Error('--manifests DIR is needed')
  const log = values.log ?? 'info'
  if (!isLogLevel(log)) throw new Error(`--log ${log}: allowed are ${LOG_LEVELS.join(', ')}`)
  return {
    manifests: values.manifests,
    listen: (values.listen ?? []).map(readListen),
    agent: parseAgent(values.agent),
    state: values.state ?? 'sallyport-state',
    audit: values.audit,
    metrics: values.metrics === undefined ? undefined : readPlace(`--metrics ${values.metrics}`, values.metrics),
    agentTls: values['no-agent-tls'] !== true,
    log,
  }
}

function readListen(text: string): Listen {
  const found = /^([a-z0-9.-]+\/[a-z0-9.-]+)=(.+)$/.exec(text)
  if (!found?.[1] || !found[2]) throw new Error(`--listen ${text}: NAMESPACE/NAME=HOST:PORT is expected`)
  return { connection: found[1], ...readPlace(`--listen ${text}`, found[2]) }
}

/** `written`: the option as it was given, for the error. */
function readPlace(written: string, text: string): { host: string; port: number } {
  const found = /^\[?([^\]]+?)\]?:(-?[0-9]+)$/.exec(text)
  if (!found?.[1]) throw new Error(`${written}: HOST:PORT is expected`)
  const port = Number(found[2])
  if (port < 1 || port > 65535) throw new Error(`${written}: port must be 1 to 65535`)
  return { host: found[1], port }
}
