// The clients, and how each is made ready: libraries go to a cache outside the checkout, and what cannot be had on this
// machine is skipped with the reason.
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { access, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { whileLocked } from '../../machine-lock.ts'

const run = promisify(execFile)
const HERE = import.meta.dirname
const JDBC = '42.7.4'
/** A build from nothing must end within this, unless E2E_ALL=1 gives it all the time it wants. */
const BUILD_MILLISECONDS = process.env['E2E_ALL'] === '1' ? 1_800_000 : 180_000

export interface Command {
  readonly file: string
  readonly arguments: readonly string[]
  readonly stdin?: string
}

export interface ClientProgram {
  readonly name: string
  /** Installs what it needs and returns the command. A rejection is the reason for skipping it. */
  prepare(): Promise<Command>
}

export const CLIENTS: readonly ClientProgram[] = [
  { name: 'psql', prepare: psql },
  { name: 'node-postgres', prepare: () => typescript('node-postgres.ts') },
  { name: 'postgres.js', prepare: () => typescript('postgres-js.ts') },
  { name: 'psycopg', prepare: () => python('psycopg_client.py') },
  { name: 'asyncpg', prepare: () => python('asyncpg_client.py') },
  { name: 'pgx', prepare: pgx },
  { name: 'JDBC', prepare: jdbc },
  { name: 'tokio-postgres', prepare: tokioPostgres },
]

async function psql(): Promise<Command> {
  await need('psql', ['--version'])
  const stdin = await readFile(join(HERE, 'psql/script.sql'), 'utf8')
  return { file: 'psql', arguments: ['-X', '-a', '-f', '-'], stdin }
}

async function typescript(name: string): Promise<Command> {
  return { file: process.execPath, arguments: ['--no-deprecation', join(HERE, name)] }
}

async function python(name: string): Promise<Command> {
  const requirements = join(HERE, 'python/requirements.txt')
  const home = join(cache(), `python-${digest(await readFile(requirements))}`)
  const interpreter = join(home, 'bin/python')
  await once(home, async () => {
    await need('python3', ['--version'])
    await run('python3', ['-m', 'venv', '--clear', home], { timeout: BUILD_MILLISECONDS })
    await run(interpreter, ['-m', 'pip', 'install', '-q', '-r', requirements], { timeout: BUILD_MILLISECONDS })
  })
  return { file: interpreter, arguments: ['-X', 'utf8', '-W', 'ignore', join(HERE, 'python', name)] }
}

async function pgx(): Promise<Command> {
  await need('go', ['version'])
  const program = join(cache(), 'pgx-client')
  await mkdir(cache(), { recursive: true })
  await run('go', ['build', '-o', program, '.'], { cwd: join(HERE, 'pgx'), timeout: BUILD_MILLISECONDS })
  return { file: program, arguments: [] }
}

async function jdbc(): Promise<Command> {
  await need('java', ['-version'])
  const home = join(cache(), `jdbc-${JDBC}`)
  await once(home, async () => {
    await need('mvn', ['--version'])
    const copy = [
      '-q',
      '-B',
      'dependency:copy',
      `-Dartifact=org.postgresql:postgresql:${JDBC}`,
      `-DoutputDirectory=${home}`,
    ]
    await run('mvn', copy, { cwd: home, timeout: BUILD_MILLISECONDS })
  })
  return { file: 'java', arguments: ['-cp', join(home, `postgresql-${JDBC}.jar`), join(HERE, 'jdbc/Client.java')] }
}

async function tokioPostgres(): Promise<Command> {
  await need('cargo', ['--version'])
  const target = join(cache(), 'tokio-postgres')
  const options = {
    cwd: join(HERE, 'tokio-postgres'),
    timeout: BUILD_MILLISECONDS,
    env: { ...process.env, CARGO_TARGET_DIR: target },
  }
  await run('cargo', ['build', '--quiet', '--locked'], options)
  return { file: join(target, 'debug/tokio-postgres-client'), arguments: [] }
}

function cache(): string {
  return join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'sallyport-e2e')
}

function digest(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 12)
}

async function need(program: string, ask: readonly string[]): Promise<void> {
  await run(program, ask, { timeout: 60_000 }).catch((cause: unknown) => {
    throw new Error(`${program} is not installed or does not run`, { cause })
  })
}

/** Fills a folder once; a folder left half-filled by an interrupted run is filled again. */
function once(home: string, fill: () => Promise<void>): Promise<void> {
  // Two test files use the same clients: neither may empty the folder that the other one fills.
  return whileLocked(`client ${digest(Buffer.from(home))}`, () => fillOnce(home, fill))
}

async function fillOnce(home: string, fill: () => Promise<void>): Promise<void> {
  const complete = join(home, '.complete')
  const there = await access(complete).then(
    () => true,
    () => false,
  )
  if (there) return
  await rm(home, { recursive: true, force: true })
  await mkdir(home, { recursive: true })
  await fill()
  await writeFile(complete, '')
}
