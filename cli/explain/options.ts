// `sallyport explain …`: arguments, read once.
import { parseArgs } from 'node:util'
import type { Agent } from '#sidecar/identity/agent.ts'
import { parseAgent } from '../agent-option.ts'

export const USAGE = `Usage: sallyport explain --manifests DIR --connection NAMESPACE/NAME [options] < statements

Says what the gateway would decide about statements, without running them. Standard input: one statement a line, as a
JSON string or as an object {"statement": "…", "parameters": […]}. Standard output: one JSON object a line, in order:
verb, effect, objects (with access and columns), columns, functions, decision (Allow, Deny, RequireApproval), policy,
rule, masks, reason.

  --manifests DIR              Connections and policies, as for \`sallyport gateway\`
  --connection NAMESPACE/NAME  which Connection the statements would be sent to; it must speak PostgreSQL
  --agent namespace=NS,serviceAccount=SA[,labels=k=v[;k=v]…][,namespaceLabels=k=v[;k=v]…][,pod=NAME]
                               who would send them: labels are those of the pod, namespaceLabels those of its namespace, whose
                               kubernetes.io/metadata.name is known. Default: namespace=default,serviceAccount=default
  --catalog FILE               what the database holds: a file written by \`explain --live --save FILE\`
  --live                       ask the Connection's database for its catalog and for costly facts (facts.estimatedRows), with
                               the Connection's credential
  --save FILE                  with --live: keep the catalog
  --major N                    without a catalog: PostgreSQL's own of version N, 13 to 18. Default: 18
  --search-path a,b            where unqualified names are looked up. Default: public
  --help                       this text

With --catalog or --live it warns of what policies name and the database does not have, and of what masks leave open beside
what they name: columns of the same name in other tables, what triggers write elsewhere.

Without --catalog and --live only PostgreSQL's own catalog is known: other tables are taken at their names, and functions
that are not PostgreSQL's are Unknown. Without --live costly facts are not known and count against the agent, where the
gateway would ask the database; the reason says so.

Exit status: 0 every line was answered, whatever the decision; 1 a line was no statement (its answer is {"error": "…"}, and the
other lines are answered all the same), or a manifest or the catalog could not be read; 2 the command was not understood.
`

export interface ExplainCommand {
  readonly manifests: string
  readonly connection: { readonly namespace: string; readonly name: string }
  readonly agent: Agent
  /** The command names none. */
  readonly agentAssumed: boolean
  readonly catalog: string | undefined
  readonly live: boolean
  readonly save: string | undefined
  readonly major: number
  readonly searchPath: readonly string[]
}

/** Throws what is wrong with the arguments. */
export function readOptions(args: readonly string[]): ExplainCommand | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      manifests: { type: 'string' },
      connection: { type: 'string' },
      agent: { type: 'string' },
      catalog: { type: 'string' },
      live: { type: 'boolean' },
      save: { type: 'string' },
      major: { type: 'string' },
      'search-path': { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help === true) return 'help'
  if (values.manifests === undefined) throw new Error('--manifests DIR is needed')
  const [namespace, name, more] = values.connection?.split('/') ?? []
  if (!namespace || !name || more !== undefined) throw new Error('--connection NAMESPACE/NAME is needed')
  if (values.catalog !== undefined && values.live === true) throw new Error('--catalog and --live exclude each other')
  if (values.save !== undefined && values.live !== true)
    throw new Error('--save FILE keeps what --live reads: give both')
  if (values.major !== undefined && (values.catalog !== undefined || values.live === true)) {
    throw new Error('--major is for when there is no catalog: --catalog and --live say the version themselves')
  }
  const major = Number(values.major ?? 18)
  if (!Number.isInteger(major) || major < 13 || major > 18) throw new Error('--major is a number from 13 to 18')
  return {
    manifests: values.manifests,
    connection: { namespace, name },
    agent: parseAgent(values.agent),
    agentAssumed: values.agent === undefined,
    catalog: values.catalog,
    live: values.live === true,
    save: values.save,
    major,
    searchPath: (values['search-path'] ?? 'public').split(',').filter((schema) => schema !== ''),
  }
}
