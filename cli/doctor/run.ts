// `sallyport doctor`: facts in, findings out.
import { parseArgs } from 'node:util'
import KINDS from '#crds/kinds.gen.json' with { type: 'json' }
import { GROUP } from '#crds/schema.ts'
import type { Transport } from '#operator/kube/transport.ts'
import { printable } from '#sidecar/printable.ts'
import { openCluster, reasonOf } from '../cluster.ts'
import { understand } from '../command-line.ts'
import type { Outputs } from '../io.ts'
import { examine } from './examine.ts'
import type { Finding } from './finding.ts'
import { type DoctorApi, gather } from './gather.ts'

interface Opened {
  readonly api: DoctorApi & { close(): void }
  readonly transport: Pick<Transport, 'open'>
}

/** Not the core kinds that files may hold as well. */
const OURS = KINDS.filter(({ apiVersion }) => apiVersion.startsWith(`${GROUP}/`))

const USAGE = `Usage: sallyport doctor [--output text|json]

Looks at the cluster of KUBECONFIG for what would keep an installation from working: versions, nodes, the release, its
definitions, roles and webhooks (an annotated pod is created as a dry run), name servers, owner namespaces, Pod Security of agents'
namespaces, meshes, and pods that run without the gateway they ask for. It changes nothing.

  --output text|json   text (default): ok|warn|fail  what  → what to do
                       json: {"findings": [{check, result, what, remedy}]}
  --help               this text

Exit status: 0 nothing failed (there may be warnings), 1 something did, or the cluster could not be asked, 2 the command was
not understood.
`

export async function run(
  args: readonly string[],
  io: Outputs,
  open: () => Promise<Opened> = openCluster,
): Promise<number> {
  const options = understand('doctor', USAGE, io, () => readOptions(args))
  if (typeof options === 'number') return options
  try {
    const { api, transport } = await open()
    try {
      const facts = await gather(api, transport, OURS)
      const findings = examine(facts)
      io.stdout.write(options.output === 'json' ? `${JSON.stringify({ findings }, undefined, 2)}\n` : asText(findings))
      return findings.some(({ result }) => result === 'fail') ? 1 : 0
    } finally {
      api.close()
    }
  } catch (error) {
    io.stderr.write(`sallyport doctor: ${reasonOf(error)}\n`)
    return 1
  }
}

function asText(findings: readonly Finding[]): string {
  return findings
    .map(({ result, what, remedy }) => `${result.padEnd(4)}  ${what}${remedy === undefined ? '' : `  → ${remedy}`}`)
    .map((line) => `${printable(line)}\n`)
    .join('')
}

/** Throws what is wrong with the arguments. */
function readOptions(args: readonly string[]): { readonly output: 'text' | 'json' } | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      output: { type: 'string', default: 'text' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  const { output, help } = values
  if (help) return 'help'
  if (output !== 'text' && output !== 'json') throw new Error(`--output ${output} is unknown; use text or json`)
  return { output }
}
