// The command line of `sallyport observe`.
import { parseArgs } from 'node:util'
import { parseDuration } from '#crds/duration.ts'

export const USAGE = `Usage: sallyport observe NAMESPACE [--since 1h] [--owner NAMESPACE]

Lists what the annotated pods of NAMESPACE tried to reach and were refused, and writes what would open it: Connections, and
commented out the EndpointGrants that hosts outside the cluster need, and AccessPolicies. What nobody should open (the API
server, nodes, the operator, pods behind no Service …) is not proposed; comments at the top say so. Edit, then:

  sallyport observe agents > observed.yaml
  sallyport check observed.yaml && kubectl apply -f observed.yaml

The manifests go to standard output, a table of what was seen to standard error. The cluster is that of KUBECONFIG.

  --since SPAN       how far back, as 30m or 2h (default 1h); clusters keep Events for an hour unless told otherwise
  --owner NAMESPACE  where Connections to hosts outside the cluster go; the default is the one namespace that has the label
                     sallyport.dev/owner. Names of Services go to their own namespace
  --help             this text

Exit status: 0 something was refused, and is proposed or said not to be, 1 nothing was refused, or the cluster could not be
asked, 2 the command was not understood.
`

export interface Options {
  readonly namespace: string
  readonly sinceSeconds: number
  readonly owner: string | undefined
}

const NAMESPACE = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/

/** Throws what is wrong with the arguments. */
export function readOptions(args: readonly string[]): Options | 'help' {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      since: { type: 'string', default: '1h' },
      owner: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) return 'help'
  const [namespace, ...others] = positionals
  if (namespace === undefined) throw new Error('which namespace?')
  if (others.length > 0) throw new Error(`one namespace, please; ${others.join(', ')} is too much`)
  for (const name of [namespace, values.owner ?? 'any'])
    if (!NAMESPACE.test(name)) throw new Error(`${JSON.stringify(name)} is no name of a namespace`)
  return { namespace, owner: values.owner, sinceSeconds: readSpan(values.since) }
}

function readSpan(since: string): number {
  try {
    return parseDuration(since)
  } catch (error) {
    throw error instanceof RangeError ? new Error(`--since ${error.message}`, { cause: error }) : error
  }
}
