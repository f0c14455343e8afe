// Everything the demo runs on: a real PostgreSQL, the example manifests pointed at it, and the gateway as its own process.
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parse, parseDocument } from 'yaml'
import { freePort } from '#e2e/free-port.ts'
import { type PostgresServer, startPostgres } from '#e2e/postgres/embedded.ts'
import { DATABASE, sampleData } from './data.ts'

const ROOT = resolve(import.meta.dirname, '../..')
export const CONNECTION = 'data/orders-db'
export const AGENT = 'namespace=agents,serviceAccount=analyst,labels=app=analyst'
const HOST = '127.0.0.1'

export interface Stage {
  readonly server: PostgresServer
  /** What the agent is given to connect with: no password in it. */
  readonly url: string
  readonly port: number
  readonly manifests: string
  readonly state: string
  readonly audit: string
  /** Runs another `sallyport` command and returns what it printed. */
  sallyport(...command: readonly string[]): Promise<{ code: number; output: string }>
  /** What the gateway has printed. */
  output(): string
  stop(): Promise<void>
}

export async function setUp(): Promise<Stage> {
  const home = await mkdtemp(join(tmpdir(), 'sallyport-demo-'))
  const manifests = join(home, 'manifests')
  let server: PostgresServer | undefined
  let gateway: ChildProcess | undefined
  const stop = async () => {
    if (gateway) await end(gateway)
    await server?.stop()
    await rm(home, { recursive: true, force: true })
  }
  try {
    await cp(join(ROOT, 'examples/postgres'), manifests, { recursive: true })
    server = await startPostgres({ version: 18 })
    const { username, password } = await credential(manifests)
    await server.sql(`create database ${DATABASE}`)
    await server.sql(sampleData(username, password), DATABASE)
    await pointAt(join(manifests, 'connection.yaml'), server.port)
    const port = await freePort()
    const state = join(home, 'state')
    const audit = join(home, 'audit.jsonl')
    const place = ['--manifests', manifests, '--state', state, '--audit', audit]
    const options = [...place, '--listen', `${CONNECTION}=${HOST}:${port}`, '--agent', AGENT]
    gateway = spawn(process.execPath, [...program(), 'gateway', ...options], { stdio: ['ignore', 'pipe', 'pipe'] })
    const output = await listening(gateway, port)
    const url = `postgresql://analyst@${HOST}:${port}/${DATABASE}`
    return { server, url, port, manifests, state, audit, sallyport, output, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function credential(manifests: string): Promise<{ username: string; password: string }> {
  const secret = parse(await readFile(join(manifests, 'secret.yaml'), 'utf8')) as {
    stringData: { username: string; password: string }
  }
  return secret.stringData
}

async function pointAt(file: string, port: number): Promise<void> {
  const document = parseDocument(await readFile(file, 'utf8'))
  document.setIn(['spec', 'endpoints', 0, 'upstream', 'port'], port)
  await writeFile(file, document.toString())
}

function program(): readonly string[] {
  return ['--disable-warning=ExperimentalWarning', join(ROOT, 'cli/main.ts')]
}

async function sallyport(...command: readonly string[]): Promise<{ code: number; output: string }> {
  return new Promise((settle) => {
    execFile(process.execPath, [...program(), ...command], { maxBuffer: 16 << 20 }, (error, stdout, stderr) =>
      settle({ code: typeof error?.code === 'number' ? error.code : error ? 1 : 0, output: stdout + stderr }),
    )
  })
}

/** Waits until the gateway says where it listens; returns what it has printed, then and later. */
async function listening(gateway: ChildProcess, port: number): Promise<() => string> {
  let text = ''
  await new Promise<void>((settle, reject) => {
    const keep = (chunk: string) => {
      text += chunk
      if (text.includes(String(port))) settle()
    }
    gateway.stdout?.setEncoding('utf8').on('data', keep)
    gateway.stderr?.setEncoding('utf8').on('data', keep)
    gateway.once('error', reject)
    gateway.once('exit', (code) => reject(new Error(`the gateway ended with ${code}:\n${text}`)))
  })
  return () => text
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise((settle) => child.once('exit', settle))
  child.kill('SIGTERM')
  const stubborn = setTimeout(() => child.kill('SIGKILL'), 10_000)
  await gone
  clearTimeout(stubborn)
}
