// `sallyport explain`: statements on standard input, decisions on standard output, a JSON value a line each.
import { readFile, stat } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { loadManifests, type Manifests } from '#crds/load.ts'
import type { FactValue } from '#sidecar/action.ts'
import type { Pair } from '#sidecar/policy/pair.ts'
import { jsonMadePrintable } from '#sidecar/printable.ts'
import { builtInCatalog } from '#sidecar/protocols/postgres/catalog/builtin.ts'
import { readCatalogFile } from '#sidecar/protocols/postgres/catalog/file.ts'
import type { Catalog } from '#sidecar/protocols/postgres/catalog/model.ts'
import { postgres } from '#sidecar/protocols/postgres/protocol.ts'
import { effectivePath } from '#sidecar/protocols/postgres/sql/settings.ts'
import { errorCode, messageOf, systemReason } from '#sidecar/system-reason.ts'
import { understand } from '../command-line.ts'
import type { Io } from '../io.ts'
import { configured } from './configured.ts'
import { doubtsAbout } from './doubts.ts'
import { Explainer, type Question } from './explain.ts'
import { goLive, type Live } from './live.ts'
import { type ExplainCommand, readOptions, USAGE } from './options.ts'

export async function run(args: readonly string[], io: Io): Promise<number> {
  const command = understand('explain', USAGE, io, () => readOptions(args))
  if (typeof command === 'number') return command
  if (command.agentAssumed)
    io.stderr.write('sallyport explain: no --agent: taken as default/default (namespace/serviceAccount)\n')
  let live: Live | undefined
  try {
    const manifests = await manifestsOf(command)
    live = command.live ? await goLive(command, manifests) : undefined
    const catalog = live?.catalog ?? (await catalogOf(command))
    const pair = pairOf(command, manifests)
    // Of tables that are taken at their names nothing can be missing.
    if (live !== undefined || command.catalog !== undefined)
      for (const doubt of await doubtsAbout(pair, manifests, catalog))
        io.stderr.write(`sallyport explain: warning: ${doubt}\n`)
    return (await answer(io, explainerOf(command, pair, catalog, live))) ? 0 : 1
  } catch (error) {
    io.stderr.write(`sallyport explain: ${messageOf(error)}\n`)
    return 1
  } finally {
    live?.close()
  }
}

/** Lines are answered one after another, however they come in. Returns whether each could be. */
async function answer({ stdin, stdout }: Io, explainer: Explainer): Promise<boolean> {
  let number = 0
  let all = true
  for await (const line of createInterface({ input: stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
    number += 1
    if (line.trim() === '') continue
    const question = questionOf(line)
    if (typeof question === 'string') all = false
    const said =
      typeof question === 'string' ? { error: `line ${number}: ${question}` } : await explainer.explain(question)
    stdout.write(
      `${jsonMadePrintable(JSON.stringify(said, (_, value) => (typeof value === 'bigint' ? String(value) : value)))}\n`,
    )
  }
  return all
}

async function manifestsOf({ manifests }: ExplainCommand): Promise<Manifests> {
  if ((await stat(manifests).catch(() => undefined)) === undefined) {
    throw new Error(`there is no file or directory ${manifests}`)
  }
  return loadManifests(manifests)
}

function explainerOf(command: ExplainCommand, pair: Pair, catalog: Catalog, live: Live | undefined): Explainer {
  const path = effectivePath(command.searchPath, { user: undefined, temporarySchema: undefined })
  const namesOnly = command.catalog === undefined && live === undefined
  return new Explainer(pair, catalog, path, { namesOnly, estimate: live?.estimate })
}

/** What the gateway would ask about the agent on the Connection. */
export function pairOf(command: Pick<ExplainCommand, 'agent' | 'connection'>, manifests: Manifests): Pair {
  const { connection, policies } = configured(command.connection, manifests)
  const { namespace, name, labels, spec } = connection
  const { protocol } = spec
  if (protocol !== postgres.name) {
    throw new Error(
      `Connection ${namespace}/${name} speaks ${protocol}, and explain understands statements of ${postgres.name} only; sallyport check says whether its policies can be enforced`,
    )
  }
  return policies.pair(command.agent, { namespace, name, labels, protocol })
}

async function catalogOf(command: ExplainCommand): Promise<Catalog> {
  if (command.catalog === undefined) return builtInCatalog(command.major)
  const text = await readFile(command.catalog, 'utf8').catch((error) => {
    const reason = errorCode(error) === 'ENOENT' ? 'there is no such file' : systemReason(error)
    throw new Error(`--catalog ${command.catalog}: ${reason}`, { cause: error })
  })
  return readCatalogFile(text)
}

function questionOf(line: string): Question | string {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return 'the line is no JSON: give a string or {"statement": "…", "parameters": […]}'
  }
  if (typeof value === 'string') return { statement: value, parameters: [] }
  if (typeof value !== 'object' || value === null || !('statement' in value) || typeof value.statement !== 'string') {
    return 'the line is neither a JSON string nor an object with a string "statement"'
  }
  const unknown = Object.keys(value).filter((name) => !MEMBERS.includes(name))
  if (unknown.length > 0) {
    return `unknown member${unknown.length === 1 ? '' : 's'} ${unknown.join(', ')}; allowed: ${MEMBERS.join(', ')}`
  }
  const parameters = 'parameters' in value ? value.parameters : []
  if (!Array.isArray(parameters)) return 'parameters is no list'
  return { statement: value.statement, parameters: parameters as FactValue[] }
}

const MEMBERS: readonly string[] = ['statement', 'parameters']
