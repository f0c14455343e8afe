// Real PostgreSQL servers for tests, benchmark and demo: each in a data directory of its own, on a free port of the
// loopback address, gone when stopped or when this process ends.
import { type ChildProcess, spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { appendFile, chmod, copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, type ClientConfig } from 'pg'
import { freePort } from '../free-port.ts'
import { binaries, type Version } from './binaries.ts'
import { copyTemplate, SUPERUSER } from './template.ts'
import { type Account, databaseAccount, giveTo, runAs } from './unprivileged.ts'

export { type Version, whyMissing } from './binaries.ts'

export interface ServerOptions {
  readonly version?: Version
  /** Lines for postgresql.conf. */
  readonly settings?: Readonly<Record<string, string>>
  /** Replaces pg_hba.conf. Default: SCRAM from anywhere on the loopback. */
  readonly hba?: string
  /** PEM files; they are copied. */
  readonly ssl?: { readonly cert: string; readonly key: string; readonly ca?: string }
}

export interface PostgresServer {
  readonly version: Version
  readonly host: string
  readonly port: number
  readonly superuser: string
  readonly password: string
  readonly processId: number
  /** Everything the server wrote to its log so far. */
  log(): string
  /** `node-postgres` settings of the superuser. */
  config(database?: string): ClientConfig
  /** `postgresql://` address of the superuser. */
  url(database?: string): string
  /** Runs a script as the superuser; returns the last statement's rows. */
  sql(script: string, database?: string): Promise<readonly Record<string, unknown>[]>
  stop(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

const HOST = '127.0.0.1'
const DEFAULT_HBA = `local all all scram-sha-256\nhost all all ${HOST}/32 scram-sha-256\n`

/** Quick to start and to write: nothing here outlives the process, so nothing has to be safe on disk. */
const DEFAULT_SETTINGS: Readonly<Record<string, string>> = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  max_connections: '200',
  shared_buffers: '64MB',
  autovacuum: 'off',
  password_encryption: 'scram-sha-256',
  log_line_prefix: '',
}

export async function startPostgres(options: ServerOptions = {}): Promise<PostgresServer> {
  const version = options.version ?? 18
  const account = await databaseAccount()
  const bin = await binaries(version, account)
  const home = await mkdtemp(join(tmpdir(), `sallyport-pg${version}-`))
  try {
    const data = join(home, 'data')
    const password = await copyTemplate(version, bin, account, data)
    await giveTo(account, home)
    await configure(data, home, account, options)
    for (let attempt = 1; ; attempt++) {
      const port = await freePort()
      const started = await launch(join(bin, 'postgres'), data, home, port, account)
      if (started.ready) return describe(version, port, password, home, started)
      // Another process may have taken the port between our asking and the server's binding.
      if (attempt === 5 || !/could not (bind|create any)/.test(started.log()))
        throw new Error(`PostgreSQL ${version} did not start:\n${started.log()}`)
    }
  } catch (error) {
    await rm(home, { recursive: true, force: true })
    throw error
  }
}

async function configure(data: string, home: string, account: Account | undefined, options: ServerOptions) {
  const settings: Record<string, string> = { ...DEFAULT_SETTINGS, listen_addresses: HOST, ...options.settings }
  settings['unix_socket_directories'] = home
  if (options.ssl) {
    const files = { ssl_cert_file: options.ssl.cert, ssl_key_file: options.ssl.key, ssl_ca_file: options.ssl.ca }
    settings['ssl'] = 'on'
    for (const [setting, source] of Object.entries(files)) {
      if (source === undefined) continue
      const copy = join(data, `${setting}.pem`)
      await copyFile(source, copy)
      await chmod(copy, 0o600)
      await giveTo(account, copy)
      settings[setting] = copy
    }
  }
  const lines = Object.entries(settings).map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'\n`)
  await appendFile(join(data, 'postgresql.conf'), lines.join(''))
  await writeFile(join(data, 'pg_hba.conf'), options.hba ?? DEFAULT_HBA)
}

interface Started {
  readonly child: ChildProcess
  readonly ready: boolean
  readonly processId: number
  log(): string
}

const LOG_LIMIT = 4 << 20

/** Resolves when the server accepts connections or has given up. */
async function launch(program: string, data: string, cwd: string, port: number, account: Account | undefined) {
  const child = spawn(program, ['-D', data, '-p', String(port)], {
    cwd,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
    ...runAs(account),
  })
  let text = ''
  const ready = await new Promise<boolean>((resolve, reject) => {
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      text = (text + chunk).slice(-LOG_LIMIT)
      if (text.includes('ready to accept connections')) resolve(true)
    })
    child.once('error', reject)
    child.once('exit', () => resolve(false))
  })
  return { child, ready, processId: child.pid ?? 0, log: () => text } satisfies Started
}

function describe(version: Version, port: number, password: string, home: string, started: Started): PostgresServer {
  const { child } = started
  child.unref()
  const abandon = () => {
    child.kill('SIGQUIT')
    rmSync(home, { recursive: true, force: true })
  }
  process.once('exit', abandon)
  const config = (database = 'postgres'): ClientConfig => ({ host: HOST, port, user: SUPERUSER, password, database })
  const stop = async () => {
    process.removeListener('exit', abandon)
    if (child.exitCode === null && child.signalCode === null) {
      const gone = new Promise((resolve) => child.once('exit', resolve))
      child.ref()
      child.kill('SIGINT') // "fast shutdown": PostgreSQL documentation, "Shutting Down the Server"
      const stubborn = setTimeout(() => child.kill('SIGQUIT'), 5_000)
      await gone
      clearTimeout(stubborn)
    }
    await rm(home, { recursive: true, force: true, maxRetries: 5 })
  }
  return {
    version,
    host: HOST,
    port,
    superuser: SUPERUSER,
    password,
    processId: started.processId,
    log: () => started.log(),
    config,
    url: (database = 'postgres') => `postgresql://${SUPERUSER}:${password}@${HOST}:${port}/${database}`,
    sql: (script, database) => runScript(config(database), script),
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

async function runScript(config: ClientConfig, script: string): Promise<readonly Record<string, unknown>[]> {
  const client = new Client(config)
  await client.connect()
  try {
    const results = await client.query(script)
    const last = Array.isArray(results) ? results.at(-1) : results
    return (last?.rows ?? []) as readonly Record<string, unknown>[]
  } finally {
    await client.end()
  }
}
