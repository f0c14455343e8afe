// One gateway in front of one server, with a Connection of its own for each scenario: policies of one cannot get in the
// way of another's, and all of them share two processes.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { Client, type ClientConfig } from 'pg'
import { stringify } from 'yaml'
import { freePort } from '../free-port.ts'
import type { PostgresServer } from '../postgres/embedded.ts'
import { unreferenced } from '../postgres/gateway.ts'
import { openSession, type RawConnection } from '../postgres/raw.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const HOST = '127.0.0.1'
export const APP = { username: 'app', password: 'held-by-the-gateway-only' }
export const DATABASE = 'shop'

export type Spec = Readonly<Record<string, unknown>>

/** What is served on one Connection; `agents` and `connections` of a policy are filled in where they are missing. */
export interface Served {
  readonly policies: readonly Spec[]
  readonly settings?: Spec
  readonly labels?: Readonly<Record<string, string>>
  /** Keys of the credentials Secret besides the user's name and password. */
  readonly secret?: Readonly<Record<string, string>>
  readonly upstreamPort?: number
}

export interface StageOptions {
  readonly agent?: string
  readonly arguments?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly state?: string
  /** Further manifests, by file name. */
  readonly files?: Readonly<Record<string, readonly Spec[]>>
}

/** Creates the database and the user that the gateway logs in as. */
export async function prepare(server: PostgresServer, schema: string): Promise<void> {
  await server.sql(`create role ${APP.username} login password '${APP.password}'`)
  await server.sql(`create database ${DATABASE} owner ${APP.username}`)
  await server.sql(`set role ${APP.username}; ${schema}`, DATABASE)
}

export class Stage {
  readonly server: PostgresServer
  readonly home: string
  readonly manifests: string
  readonly state: string
  readonly auditFile: string
  readonly #ports = new Map<string, number>()
  #child: ChildProcess | undefined
  #output = ''

  private constructor(server: PostgresServer, home: string, state: string) {
    this.server = server
    this.home = home
    this.manifests = join(home, 'manifests')
    this.state = state
    this.auditFile = join(home, 'audit.jsonl')
  }

  static async open(
    server: PostgresServer,
    served: Readonly<Record<string, Served>>,
    options: StageOptions = {},
  ): Promise<Stage> {
    const home = await mkdtemp(join(tmpdir(), 'sallyport-stage-'))
    const stage = new Stage(server, home, options.state ?? join(home, 'state'))
    await mkdir(stage.manifests)
    for (const [name, one] of Object.entries(served)) await stage.write(name, one)
    for (const [file, documents] of Object.entries(options.files ?? {})) await stage.put(file, text(documents))
    await stage.start(options)
    return stage
  }

  async start(options: StageOptions = {}): Promise<void> {
    const where = ['--manifests', this.manifests, '--state', this.state, '--audit', this.auditFile]
    const agent = options.agent ?? 'namespace=agents,serviceAccount=analyst,labels=app=analyst'
    const program = ['--disable-warning=ExperimentalWarning', join(ROOT, 'cli/main.ts'), 'gateway']
    const child = spawn(
      process.execPath,
      [...program, ...where, '--agent', agent, '--log', 'debug', ...(options.arguments ?? [])],
      { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, NODE_OPTIONS: '', ...options.env } },
    )
    this.#child = child
    const keep = (chunk: string) => {
      this.#output += chunk
    }
    child.stdout.setEncoding('utf8').on('data', keep)
    child.stderr.setEncoding('utf8').on('data', keep)
    process.once('exit', () => child.kill('SIGKILL'))
    // A test that fails leaves its gateway behind, which must not keep the others waiting for it.
    unreferenced(child)
    const before = this.#output.length
    // By its word, not by dialling: before it listens, the gateway tries for a moment whether a port can be had.
    await eventually('the gateway listens', () => {
      if (this.exited) throw new Error(`the gateway ended:\n${this.#output}`)
      const said = this.#output.slice(before)
      return [...this.#ports.values()].every((port) => said.includes(` listens on ${HOST}:${port}\n`))
    })
  }

  get exited(): boolean {
    return this.#child === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  /** Standard output and error so far. */
  get output(): string {
    return this.#output
  }

  port(connection: string): number {
    const port = this.#ports.get(connection)
    if (port === undefined) throw new Error(`no Connection ${connection} on this stage`)
    return port
  }

  config(connection: string, more: ClientConfig = {}): ClientConfig {
    return { host: HOST, port: this.port(connection), user: 'agent', database: DATABASE, ...more }
  }

  /** A client that is logged in; what ends it is kept in `lost`. */
  async client(connection: string, more: ClientConfig = {}): Promise<AgentClient> {
    const client = new AgentClient(this.config(connection, more))
    await client.connect()
    return client
  }

  raw(connection: string, parameters: Readonly<Record<string, string>> = {}): Promise<RawConnection> {
    return openSession({ host: HOST, port: this.port(connection), user: 'agent', database: DATABASE, parameters })
  }

  /** Writes a Connection with its Secret and policies, as one file that appears at once. */
  async write(name: string, served: Served): Promise<void> {
    if (!this.#ports.has(name)) this.#ports.set(name, await freePort())
    const port = this.port(name)
    await this.put(`${name}.yaml`, text(documents(name, port, served, served.upstreamPort ?? this.server.port)))
  }

  async put(file: string, content: string): Promise<void> {
    const draft = join(this.home, `${file.replaceAll('/', '-')}.draft`)
    await writeFile(draft, content)
    await rename(draft, join(this.manifests, file))
  }

  async remove(file: string): Promise<void> {
    await rm(join(this.manifests, file))
  }

  /** Makes a change and waits until the gateway says that it has read it. */
  async reload(change: () => Promise<void>): Promise<AuditLine> {
    const before = (await this.events('config.reloaded')).length
    await change()
    await eventually('the manifests are read again', async () => {
      return (await this.events('config.reloaded')).length > before
    })
    const [event] = (await this.events('config.reloaded')).slice(before)
    if (!event) throw new Error('the event went away')
    return event
  }

  rewrite(name: string, served: Served): Promise<AuditLine> {
    return this.reload(() => this.write(name, served))
  }

  /** Audit events so far. */
  async events(type?: string): Promise<readonly AuditLine[]> {
    const lines = (await readFile(this.auditFile, 'utf8').catch(() => '')).split('\n')
    // The last line may be half written.
    const events = lines.slice(0, -1).map((line) => JSON.parse(line) as AuditLine)
    return type === undefined ? events : events.filter((event) => event.type === type)
  }

  /** Statements that run on the server now, the gateway's own apart. */
  async running(marker: string): Promise<number> {
    const rows = await this.server.sql(
      `select 1 from pg_stat_activity where state = 'active' and pid <> pg_backend_pid() and query like '%${marker}%'`,
    )
    return rows.length
  }

  kill(): Promise<void> {
    return this.#end('SIGKILL')
  }

  /** Every event that any scenario brought about is held to the published schema. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM')
    const faults = await contractFaults(await this.events())
    await rm(this.home, { recursive: true, force: true })
    if (faults.length > 0) throw new Error(`audit events that are not what their schema says:\n${faults.join('\n')}`)
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child
    if (!child || this.exited) return
    child.ref()
    const gone = new Promise((settle) => child.once('exit', settle))
    child.kill(signal)
    await within('the gateway ends', gone)
  }
}

async function contractFaults(events: readonly AuditLine[]): Promise<readonly string[]> {
  const schema = JSON.parse(await readFile(join(ROOT, 'contracts/audit/event.schema.json'), 'utf8'))
  const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(schema)
  return events
    .filter((event) => !validate(event))
    .map((event) => `${JSON.stringify(event)}: ${JSON.stringify(validate.errors)}`)
}

export interface AuditLine {
  readonly type: string
  readonly [field: string]: unknown
}

/** node-postgres, whose errors outside of queries are kept instead of thrown. */
export class AgentClient extends Client {
  readonly #ended: Promise<string>
  #reason = ''

  constructor(config: ClientConfig) {
    super(config)
    this.#ended = new Promise((resolve) => {
      this.on('error', (error) => {
        this.#reason ||= error.message
      })
      this.on('end', () => resolve(this.#reason))
    })
  }

  /** Why the connection ended, once it has. */
  get lost(): Promise<string> {
    return within('the session is cut', this.#ended)
  }

  /** The error that a statement ends in. */
  async failure(text: string, values?: unknown[]): Promise<Failure> {
    try {
      await this.query(text, values)
    } catch (error) {
      return error as Failure
    }
    throw new Error(`it was not refused: ${text}`)
  }

  async value(text: string, values?: unknown[]): Promise<unknown> {
    const { rows } = await this.query<unknown[]>({ text, values: values ?? [], rowMode: 'array' })
    return rows[0]?.[0]
  }
}

export interface Failure extends Error {
  readonly code?: string
  readonly severity?: string
  readonly hint?: string
  readonly detail?: string
}

/** The error that logging in ends in. */
export async function refusedLogin(config: ClientConfig): Promise<Failure> {
  const client = new Client(config)
  client.on('error', () => {})
  try {
    await client.connect()
  } catch (error) {
    return error as Failure
  }
  await client.end()
  throw new Error('it was let in')
}

async function within<T>(what: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`never happened: ${what}`)), PATIENCE_MS)
  })
  return Promise.race([work, late]).finally(() => clearTimeout(timer))
}

/** Much longer than anything here takes: a machine that is busy with something else must not make a test fail. */
const PATIENCE_MS = 180_000

/** Polls until it holds. */
export async function eventually(what: string, holds: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`never happened: ${what}`)
    await new Promise((wait) => setTimeout(wait, 20))
  }
}

export function allow(...effects: readonly string[]): Spec {
  return { name: `allow-${effects.join('-').toLowerCase()}`, match: { effects }, action: 'Allow' }
}

/** A policy that allows everything, with these additions. */
export function allowing(more: Spec = {}): Spec {
  return { rules: [allow('Read', 'Write', 'Admin')], masking: [], limits: [], ...more }
}

function documents(name: string, port: number, served: Served, upstreamPort: number): readonly Spec[] {
  const metadata = { name, namespace: 'data', ...(served.labels ? { labels: served.labels } : {}) }
  const connection = {
    apiVersion: 'sallyport.dev/v1alpha1',
    kind: 'Connection',
    metadata,
    spec: {
      protocol: 'PostgreSQL',
      endpoints: [{ host: `${name}.data.svc`, port, upstream: { host: HOST, port: upstreamPort } }],
      tls: { mode: 'Disable' },
      credentials: { secretRef: { name } },
      ...(served.settings ? { settings: served.settings } : {}),
    },
  }
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: 'data' },
    type: 'sallyport.dev/credentials',
    stringData: { ...APP, ...served.secret },
  }
  const policies = served.policies.map((spec, number) => ({
    apiVersion: 'sallyport.dev/v1alpha1',
    kind: 'AccessPolicy',
    metadata: { name: `${name}-${number}`, namespace: 'data' },
    spec: { agents: { namespaces: ['agents'] }, connections: [name], ...spec },
  }))
  return [connection, secret, ...policies]
}

function text(documents: readonly Spec[]): string {
  // As Kubernetes reads it: YAML 1.1, where a bare `no` is a boolean.
  return documents.map((document) => stringify(document, { version: '1.1' })).join('---\n')
}
