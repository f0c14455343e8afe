// One gateway in front of targets of this process, with a Connection of its own for each scenario.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { stringify } from 'yaml'
import { run as sessions } from '#cli/sessions/run.ts'
import { PROTOCOLS } from '#sidecar/protocols/registry.ts'
import { freePort } from '../free-port.ts'
import { type AuditLine, eventually, type Spec } from '../gateway/stage.ts'

const ROOT = resolve(import.meta.dirname, '../..')
export const LOOPBACK = '127.0.0.1'

export interface Served {
  /** Default: `NAME.data.svc`. */
  readonly host?: string
  /** Where the target listens; 0: the endpoint itself is dialled. */
  readonly upstreamPort: number
  readonly settings?: Spec
  /** Of the one policy; default: connecting is allowed, nothing is limited. */
  readonly policy?: Spec
}

const CONNECT = { name: 'connect', match: { verbs: ['connect'] }, action: 'Allow' }

export class TcpStage {
  readonly state: string
  readonly #home: string
  readonly #manifests: string
  readonly #auditFile: string
  readonly #ports = new Map<string, number>()
  #child: ChildProcess | undefined
  #output = ''

  private constructor(home: string) {
    this.#home = home
    this.#manifests = join(home, 'manifests')
    this.state = join(home, 'state')
    this.#auditFile = join(home, 'audit.jsonl')
  }

  static async open(served: Readonly<Record<string, Served>>): Promise<TcpStage> {
    const stage = new TcpStage(await mkdtemp(join(tmpdir(), 'sallyport-tcp-')))
    await mkdir(stage.#manifests)
    for (const [name, one] of Object.entries(served)) await stage.#write(name, one)
    try {
      await stage.#start()
    } catch (error) {
      stage.#child?.kill('SIGKILL')
      throw error
    }
    return stage
  }

  async #start(): Promise<void> {
    const where = ['--manifests', this.#manifests, '--state', this.state, '--audit', this.#auditFile]
    const who = ['--agent', 'namespace=agents,serviceAccount=analyst', '--log', 'debug', '--no-agent-tls']
    const program = ['--disable-warning=ExperimentalWarning', join(ROOT, 'cli/main.ts'), 'gateway']
    const child = spawn(process.execPath, [...program, ...where, ...who], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NODE_OPTIONS: '' },
    })
    this.#child = child
    const keep = (chunk: string): void => {
      this.#output += chunk
    }
    child.stdout.setEncoding('utf8').on('data', keep)
    child.stderr.setEncoding('utf8').on('data', keep)
    process.once('exit', () => child.kill('SIGKILL'))
    // It says so, and no probe is counted as an agent.
    await eventually('the gateway listens', () => {
      if (this.#exited || this.#output.includes('takes no sessions'))
        throw new Error(`it cannot serve:\n${this.#output}`)
      return [...this.#ports.values()].every((port) => this.#output.includes(`listens on ${LOOPBACK}:${port}\n`))
    })
  }

  get #exited(): boolean {
    return this.#child === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  get processId(): number {
    return this.#child?.pid ?? 0
  }

  port(name: string): number {
    const port = this.#ports.get(name)
    if (port === undefined) throw new Error(`no Connection ${name} on this stage`)
    return port
  }

  async #write(name: string, served: Served): Promise<void> {
    const port = this.#ports.get(name) ?? (await freePort())
    this.#ports.set(name, port)
    const draft = join(this.#home, `${name}.draft`)
    // As Kubernetes reads it: YAML 1.1.
    const text = documents(name, port, served).map((document) => stringify(document, { version: '1.1' }))
    await writeFile(draft, text.join('---\n'))
    await rename(draft, join(this.#manifests, `${name}.yaml`))
  }

  /** Waits until the gateway says that it has read the change. */
  async rewrite(name: string, served: Served): Promise<void> {
    const before = (await this.events('config.reloaded')).length
    await this.#write(name, served)
    await eventually('the manifests are read again', async () => {
      return (await this.events('config.reloaded')).length > before
    })
  }

  /** Audit events so far, those about one Connection if it is named. */
  async events(type: string, connection?: string): Promise<readonly AuditLine[]> {
    const lines = (await readFile(this.#auditFile, 'utf8').catch(() => '')).split('\n')
    // The last line may be half written.
    return lines
      .slice(0, -1)
      .map((line) => JSON.parse(line) as AuditLine)
      .filter((event) => event.type === type)
      .filter((event) => connection === undefined || event['connection'] === `data/${connection}`)
  }

  /** The next event of this kind about a Connection, behind the first `after`. */
  async event(type: string, connection: string, after = 0): Promise<AuditLine> {
    await eventually(`${type} of ${connection}`, async () => (await this.events(type, connection)).length > after)
    const [event] = (await this.events(type, connection)).slice(after)
    if (!event) throw new Error('the event went away')
    return event
  }

  /** What `sallyport sessions` prints. */
  async sessions(...args: readonly string[]): Promise<{ readonly code: number; readonly text: string }> {
    let text = ''
    const write = (more: string): void => {
      text += more
    }
    const decoders = PROTOCOLS.map(({ decoder }) => decoder)
    const code = await sessions([...args, '--state', this.state], { stdout: { write }, stderr: { write } }, decoders)
    return { code, text }
  }

  /** All that is on disk of recordings, for looking for what must not be there. */
  async recordings(): Promise<Buffer> {
    const folder = join(this.state, 'recordings')
    const files = await readdir(folder)
    return Buffer.concat(await Promise.all(files.map((file) => readFile(join(folder, file)))))
  }

  async stop(): Promise<void> {
    const child = this.#child
    if (child && !this.#exited) {
      const gone = new Promise((settle) => child.once('exit', settle))
      child.kill('SIGTERM')
      await gone
    }
    const faults = await contractFaults(this.#auditFile)
    await rm(this.#home, { recursive: true, force: true })
    if (faults.length > 0) throw new Error(`audit events that are not what their schema says:\n${faults.join('\n')}`)
  }
}

async function contractFaults(file: string): Promise<readonly string[]> {
  const schema = JSON.parse(await readFile(join(ROOT, 'contracts/audit/event.schema.json'), 'utf8'))
  const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(schema)
  const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line !== '')
  return lines.filter((line) => !validate(JSON.parse(line)))
}

function documents(name: string, port: number, served: Served): readonly Spec[] {
  const { host = `${name}.data.svc`, upstreamPort, settings, policy } = served
  const upstream = upstreamPort === 0 ? {} : { upstream: { host: LOOPBACK, port: upstreamPort } }
  const apiVersion = 'sallyport.dev/v1alpha1'
  const metadata = { name, namespace: 'data' }
  const endpoints = [{ host, port, ...upstream }]
  const spec = { protocol: 'TCP', endpoints, ...(settings ? { settings } : {}) }
  const selects = { agents: { namespaces: ['agents'] }, connections: [name] }
  const says = { rules: [CONNECT], masking: [], limits: [], ...policy }
  return [
    { apiVersion, kind: 'Connection', metadata, spec },
    { apiVersion, kind: 'AccessPolicy', metadata, spec: { ...selects, ...says } },
  ]
}
