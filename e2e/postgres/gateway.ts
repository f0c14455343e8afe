// Starts the standalone gateway as a child process in front of a server, the way a person on a laptop would.
import { type ChildProcess, spawn } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { connect, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { stringify } from 'yaml'
import { freePort } from '../free-port.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const HOST = '127.0.0.1'

export interface GatewayOptions {
  readonly upstream: { readonly host: string; readonly port: number; readonly user: string; readonly password: string }
  /** `spec` of each AccessPolicy; `agents` and `connections` are filled in where missing. */
  readonly policies: readonly Readonly<Record<string, unknown>>[]
  readonly settings?: Readonly<Record<string, unknown>>
  /** Where recordings, keys and audit go; a temporary directory unless given. */
  readonly state?: string
  /** 32 bytes: what Hash and Tokenize make of a value is then the same in every run. */
  readonly installationKey?: Uint8Array
  readonly arguments?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

export interface Gateway {
  readonly host: string
  readonly port: number
  readonly processId: number
  readonly manifests: string
  readonly state: string
  readonly auditFile: string
  /** Standard output and error so far. */
  output(): string
  exited(): boolean
  /** Everything that the gateway wrote, file by file: recordings, audit, its own logs. */
  written(): AsyncGenerator<{ name: string; chunk: Buffer }>
  writePolicies(policies: GatewayOptions['policies']): Promise<void>
  stop(): Promise<void>
  kill(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** Everything the target can do, for everybody. */
export const ALLOW_ALL = {
  rules: [
    { name: 'code', match: { verbs: ['call', 'cast', 'do', 'create', 'copy', 'load'] }, action: 'Allow' },
    { name: 'everything', match: { effects: ['Read', 'Write', 'Admin', 'Session'] }, action: 'Allow' },
  ],
  masking: [],
  limits: [],
}

export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const home = await mkdtemp(join(tmpdir(), 'sallyport-gateway-'))
  const manifests = join(home, 'manifests')
  const state = options.state ?? join(home, 'state')
  const auditFile = join(home, 'audit.jsonl')
  await mkdir(manifests)
  if (options.installationKey) {
    await mkdir(state, { mode: 0o700 })
    await writeFile(join(state, 'installation.key'), options.installationKey, { mode: 0o600 })
  }
  const port = await freePort()
  await writeFile(join(manifests, 'connection.yaml'), connectionManifests(options))
  await writePolicies(manifests, options.policies)
  const listen = [
    '--listen',
    `data/db=${HOST}:${port}`,
    '--agent',
    'namespace=agents,serviceAccount=analyst,labels=app=analyst',
  ]
  const where = ['--manifests', manifests, '--state', state, '--audit', auditFile]
  const program = ['--disable-warning=ExperimentalWarning', join(ROOT, 'cli/main.ts'), 'gateway']
  const child = spawn(process.execPath, [...program, ...where, ...listen, ...(options.arguments ?? [])], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_OPTIONS: '', ...options.env },
  })
  let text = ''
  const keep = (chunk: string) => {
    text += chunk
  }
  child.stdout.setEncoding('utf8').on('data', keep)
  child.stderr.setEncoding('utf8').on('data', keep)
  const exited = () => child.exitCode !== null || child.signalCode !== null
  const abandon = () => child.kill('SIGKILL')
  process.once('exit', abandon)
  unreferenced(child)
  const end = async (signal: NodeJS.Signals) => {
    process.removeListener('exit', abandon)
    await endChild(child, signal)
  }
  if (!(await listens(port, exited))) {
    await end('SIGKILL')
    throw new Error(`the gateway does not listen:\n${text}`)
  }
  const stop = async () => {
    await end('SIGTERM')
    await rm(home, { recursive: true, force: true })
  }
  return {
    host: HOST,
    port,
    processId: child.pid ?? 0,
    manifests,
    state,
    auditFile,
    output: () => text,
    exited,
    written: () => written(home, text),
    writePolicies: (policies) => writePolicies(manifests, policies),
    stop,
    kill: () => end('SIGKILL'),
    [Symbol.asyncDispose]: stop,
  }
}

function connectionManifests({ upstream, settings }: GatewayOptions): string {
  const connection = {
    apiVersion: 'sallyport.dev/v1alpha1',
    kind: 'Connection',
    metadata: { name: 'db', namespace: 'data' },
    spec: {
      protocol: 'PostgreSQL',
      endpoints: [{ host: 'db.data.svc', port: 5432, upstream: { host: upstream.host, port: upstream.port } }],
      tls: { mode: 'Disable' },
      credentials: { secretRef: { name: 'db-gateway' } },
      ...(settings ? { settings } : {}),
    },
  }
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'db-gateway', namespace: 'data' },
    type: 'sallyport.dev/credentials',
    stringData: { username: upstream.user, password: upstream.password },
  }
  return [connection, secret].map((document) => stringify(document)).join('---\n')
}

async function writePolicies(manifests: string, policies: GatewayOptions['policies']): Promise<void> {
  const documents = policies.map((spec, number) => ({
    apiVersion: 'sallyport.dev/v1alpha1',
    kind: 'AccessPolicy',
    metadata: { name: `policy-${number}`, namespace: 'data' },
    spec: { agents: { namespaces: ['agents'] }, connections: ['db'], ...spec },
  }))
  // At once: a gateway that looks while half of it is written would take that half into force.
  const draft = `${manifests}.draft`
  await writeFile(draft, documents.map((document) => stringify(document)).join('---\n'))
  await rename(draft, join(manifests, 'policies.yaml'))
}

async function listens(port: number, exited: () => boolean): Promise<boolean> {
  for (let attempt = 0; attempt < 3_600 && !exited(); attempt++) {
    const answered = await new Promise<boolean>((settle) => {
      const probe = connect(port, HOST)
      probe.once('connect', () => settle(true)).once('error', () => settle(false))
      probe.once('connect', () => probe.destroy())
    })
    if (answered) return true
    await new Promise((wait) => setTimeout(wait, 50))
  }
  return false
}

/** It ends with this process, and keeps it from nothing. */
export function unreferenced(child: ChildProcess): void {
  child.unref()
  for (const pipe of [child.stdout, child.stderr]) if (pipe instanceof Socket) pipe.unref()
}

async function endChild(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.ref()
  const gone = new Promise((settle) => child.once('exit', settle))
  child.kill(signal)
  const stubborn = setTimeout(() => child.kill('SIGKILL'), 60_000)
  await gone
  clearTimeout(stubborn)
}

async function* written(home: string, output: string): AsyncGenerator<{ name: string; chunk: Buffer }> {
  yield { name: 'standard output and error', chunk: Buffer.from(output) }
  for (const entry of await readdir(home, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || entry.parentPath.startsWith(join(home, 'manifests'))) continue
    for await (const chunk of createReadStream(join(entry.parentPath, entry.name), { highWaterMark: 1 << 20 })) {
      yield { name: entry.name, chunk: chunk as Buffer }
    }
  }
}

/** The audit events so far. */
export async function auditEvents(gateway: Gateway): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const text = await readFile(gateway.auditFile, 'utf8')
  return text
    .split('\n')
    .slice(0, -1) // the last line may be half written
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}
