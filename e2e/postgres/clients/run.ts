// Runs one client against one endpoint and keeps what it printed, without what may differ between two runs.
import { spawn } from 'node:child_process'
import { mkdtemp, open, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Command } from './programs.ts'
import type { Endpoint } from './steps.ts'

/** Step → what came of it, as the client printed it. */
export type Transcript = Readonly<Record<string, string>>

/** What does not parse never reaches the server, so the message is the gateway's, and says whose grammar it went by. */
const GRAMMAR = ', as PostgreSQL 18 reads SQL'

const LIMIT_MILLISECONDS = 300_000

export async function runClient(command: Command, endpoint: Endpoint): Promise<Transcript> {
  const { code, output } = await capture(command, endpoint)
  const plain = output
    .replaceAll(endpoint.database, 'DATABASE')
    .replaceAll(new RegExp(`(?<!\\d)${endpoint.port}(?!\\d)`, 'g'), 'PORT') // not among the digits of pi
    .replaceAll(GRAMMAR, '')
  return {
    ...(command.stdin === undefined ? jsonSteps(plain) : paragraphs(plain, command.stdin)),
    'exit code': String(code),
  }
}

/** Both outputs go to one file, so that they stay in the order in which they were written. */
async function capture(command: Command, endpoint: Endpoint): Promise<{ code: number | string; output: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-client-'))
  const file = await open(join(folder, 'output'), 'a+')
  try {
    const child = spawn(command.file, command.arguments, {
      env: environment(endpoint),
      stdio: ['pipe', file.fd, file.fd],
      timeout: LIMIT_MILLISECONDS,
    })
    child.stdin?.on('error', () => {}).end(command.stdin ?? '')
    const code = await new Promise<number | string>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (status, signal) => resolve(status ?? signal ?? 'unknown'))
    })
    return { code, output: await readFile(join(folder, 'output'), 'utf8') }
  } finally {
    await file.close()
    await rm(folder, { recursive: true })
  }
}

function environment(endpoint: Endpoint): NodeJS.ProcessEnv {
  return {
    ...process.env,
    NODE_OPTIONS: '',
    PGHOST: endpoint.host,
    PGPORT: String(endpoint.port),
    PGUSER: endpoint.user,
    PGPASSWORD: endpoint.password,
    PGDATABASE: endpoint.database,
    PGSSLMODE: 'disable',
    PGGSSENCMODE: 'disable',
    PGCONNECT_TIMEOUT: '60',
    PGCLIENTENCODING: 'UTF8',
    TZ: 'UTC',
  }
}

// Not parsed as JSON: Python writes NaN and Infinity, and only the step's name is needed.
const STEP = /^\{"step": ?"((?:[^"\\]|\\.)*)"/

function jsonSteps(output: string): Transcript {
  const found: Record<string, string> = {}
  for (const line of output.split('\n')) {
    const step =
      line.startsWith('{"error"') || line.startsWith('{"value"') ? /"step":"([^"]*)"\}$/.exec(line) : STEP.exec(line)
    if (step?.[1] !== undefined) found[step[1]] = line
    else if (line.trim() !== '') found['other output'] = `${found['other output'] ?? ''}${line}\n`
  }
  return found
}

/** A terminal session has no steps: each line of the script, as psql echoes it, begins one. */
function paragraphs(output: string, script: string): Transcript {
  const found: Record<string, string> = {}
  const typed = script.split('\n')
  let step = 'before the first line'
  for (const line of output.split('\n')) {
    const next = line === '' ? -1 : typed.indexOf(line)
    if (next >= 0) {
      typed.splice(0, next + 1)
      step = `line ${script.split('\n').length - typed.length}: ${line}`
    }
    found[step] = `${found[step] ?? ''}${line}\n`
  }
  return found
}
