// `sallyport check DIR`: arguments in, findings out.
import { stat } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import type { Finding } from '#crds/finding.ts'
import { loadManifests, type Manifests } from '#crds/load.ts'
import type { ProtocolFacts } from '#sidecar/check/protocol-facts.ts'
import { PROTOCOLS } from '#sidecar/protocols/registry.ts'
import { understand } from '../command-line.ts'
import type { Outputs } from '../io.ts'
import { checkManifests } from './check.ts'

const USAGE = `Usage: sallyport check DIR [--output text|json] [--strict]

Checks the Connections, policies and other Sallyport resources in the *.yaml, *.yml and *.json files below DIR (or in one
file) as the API server would, and what they say about each other: names that are missing, rules that are never reached,
masks that the protocol cannot honour, conditions that do not type-check.

  --output text|json   text (default): file:line:column: field: what is wrong; allowed: what is right
                       json: {"findings": [{severity, file, line, column, field, message, allowed}], "skipped": […]}
  --strict             warnings count as errors
  --help               this text

Exit status: 0 nothing wrong (there may be warnings), 1 something is wrong, 2 the command was not understood.
`

export async function run(
  args: readonly string[],
  io: Outputs,
  protocols: readonly ProtocolFacts[] = PROTOCOLS,
): Promise<number> {
  const options = understand('check', USAGE, io, () => readOptions(args))
  if (typeof options === 'number') return options
  const { stdout, stderr } = io
  if ((await stat(options.directory).catch(() => undefined)) === undefined) {
    stderr.write(`sallyport check: there is no file or directory ${options.directory}\n`)
    return 2
  }
  const manifests = await loadManifests(options.directory)
  if (manifests.files === 0) {
    stderr.write(`sallyport check: there are no *.yaml, *.yml or *.json files below ${options.directory}\n`)
    return 1
  }
  const findings = checkManifests(manifests, protocols)
  stdout.write(options.output === 'json' ? asJson(findings, manifests) : asText(findings, manifests))
  return findings.some(({ severity }) => options.strict || severity === 'error') ? 1 : 0
}

interface Options {
  readonly directory: string
  readonly output: 'text' | 'json'
  readonly strict: boolean
}

/** Throws what is wrong with the arguments. */
function readOptions(args: readonly string[]): Options | 'help' {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      output: { type: 'string', default: 'text' },
      strict: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  const { output, strict, help } = values
  const [directory, ...others] = positionals
  if (help) return 'help'
  if (directory === undefined) throw new Error('which directory?')
  if (others.length > 0) throw new Error(`one directory, please; ${others.join(', ')} is too much`)
  if (output !== 'text' && output !== 'json') throw new Error(`--output ${output} is unknown; use text or json`)
  return { directory, output, strict }
}

function asText(findings: readonly Finding[], { resources, files, skipped }: Manifests): string {
  const lines = findings.map(({ severity, file, line, column, field, message, allowed }) => {
    const warning = severity === 'warning' ? 'warning: ' : ''
    const where = field === '' ? '' : `${field}: `
    return `${file}:${line}:${column}: ${warning}${where}${message}${allowed === undefined ? '' : `; allowed: ${allowed}`}\n`
  })
  const errors = findings.filter(({ severity }) => severity === 'error').length
  const good = Object.values(resources).reduce((sum, list) => sum + list.length, 0)
  const counts = [many(errors, 'error'), many(findings.length - errors, 'warning')].join(', ')
  const others = skipped.length === 0 ? '' : `; ${many(skipped.length, 'document')} of other kinds not looked at`
  return `${lines.join('')}${counts} in ${many(files, 'file')}; ${many(good, 'valid resource')}${others}\n`
}

function many(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}

function asJson(findings: readonly Finding[], { skipped, files }: Manifests): string {
  return `${JSON.stringify({ files, findings, skipped }, undefined, 2)}\n`
}
