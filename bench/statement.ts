// What one statement costs in our own code, from the agent's bytes to the end of its answer: policy, recording and audit,
// but no sockets and no server. `node bench/statement.ts`; the last rows show that rules which cannot match cost nothing.
import { EventEmitter } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serialize } from 'pg-protocol'
import type { AccessPolicy } from '#crds/types.gen.ts'
import { Validator } from '#crds/validate.ts'
import { AuditLog } from '#sidecar/audit/audit-log.ts'
import { openAuditSink } from '#sidecar/audit/sink.ts'
import { newGatewayCounters } from '#sidecar/counters.ts'
import { MemoryBudget } from '#sidecar/memory-budget.ts'
import { compilePolicies } from '#sidecar/policy/compile.ts'
import { LimitCounters } from '#sidecar/policy/limits.ts'
import { builtInCatalog } from '#sidecar/protocols/postgres/catalog/builtin.ts'
import { postgres } from '#sidecar/protocols/postgres/protocol.ts'
import type { Knowledge } from '#sidecar/protocols/postgres/session/knowledge.ts'
import { Session } from '#sidecar/protocols/postgres/session/session.ts'
import { Workbench } from '#sidecar/protocols/postgres/session/workbench.ts'
import { message } from '#sidecar/protocols/postgres/wire/server-messages.ts'
import { openKeys } from '#sidecar/recorder/keys.ts'
import { Recorder } from '#sidecar/recorder/recorder.ts'
import type { Services } from '#sidecar/services.ts'
import { guardSession } from '#sidecar/session-guard.ts'

const BATCH = 100
const WARM_UP = 200
const ROUNDS = 25
const BATCHES = 20

/** A socket whose far end is this program. */
class Wire extends EventEmitter {
  writableLength = 0
  writableNeedDrain = false
  destroyed = false
  writableEnded = false
  written = 0
  write(bytes: Buffer): boolean {
    this.written += bytes.length
    return true
  }
  cork(): void {}
  uncork(): void {}
  pause(): void {}
  resume(): void {}
  end(): void {}
  destroy(): void {}
}

const DESCRIPTION = Buffer.concat([
  Buffer.from([0, 1]),
  Buffer.from('abalance\0'),
  Buffer.from([0, 0, 0x40, 8, 0, 3, 0, 0, 0, 23, 0, 4, 0xff, 0xff, 0xff, 0xff, 0, 0]),
])
const ROW = Buffer.concat([Buffer.from([0, 1, 0, 0, 0, 4]), Buffer.from('1234')])
const ROWS = [message('T', DESCRIPTION), message('D', ROW), message('C', Buffer.from('SELECT 1\0'))]
const READY = message('Z', Buffer.from('I'))

interface Exchange {
  readonly before: readonly Buffer[]
  request(n: number): Buffer
  readonly answer: Buffer
  readonly answerBefore: Buffer
}

const SELECT = 'SELECT abalance FROM pgbench_accounts WHERE aid = '
const EXCHANGES: Readonly<Record<string, Exchange>> = {
  simple: {
    before: [],
    answerBefore: Buffer.alloc(0),
    request: (n) => serialize.query(`${SELECT}${100_000 + ((n * 7919) % 900_000)};`),
    answer: Buffer.concat([...ROWS, READY]),
  },
  prepared: {
    before: [serialize.parse({ name: 'P_0', text: `${SELECT}$1;`, types: [] }), serialize.sync()],
    answerBefore: Buffer.concat([message('1'), READY]),
    request: (n) =>
      Buffer.concat([
        serialize.bind({ statement: 'P_0', values: [String(100_000 + ((n * 7919) % 900_000))] }),
        serialize.describe({ type: 'P' }),
        serialize.execute({}),
        serialize.sync(),
      ]),
    answer: Buffer.concat([message('2'), ...ROWS, READY]),
  },
}

function policies(idleRules: number): readonly AccessPolicy[] {
  const idle = Array.from({ length: idleRules }, (_, i) => ({
    name: `idle-${i}`,
    match: { verbs: ['drop'], objects: [{ kind: 'table', names: [`public.t${i}_*`] }] },
    action: 'Deny',
  }))
  const rules = [...idle, { name: 'reads', match: { effects: ['Read'] }, action: 'Allow' }]
  const validator = new Validator()
  // A policy holds at most so many rules.
  return Array.from({ length: Math.ceil(rules.length / 100) }, (_, i) => {
    const some = [...rules.slice(i * 100, i * 100 + 100), ...(i > 0 ? [{ ...rules.at(-1), name: 'again' }] : [])]
    const { faults, resource } =
      validator.validate({
        apiVersion: 'sallyport.dev/v1alpha1',
        kind: 'AccessPolicy',
        metadata: { name: `p${i}`, namespace: 'data' },
        spec: {
          agents: { namespaces: ['agents'] },
          connections: ['db'],
          rules: some,
          masking: [],
          limits: [],
          recording: { level: 'Full' },
        },
      }) ?? {}
    if (!isAccessPolicy(resource)) throw new Error(`not a policy: ${JSON.stringify(faults)}`)
    return resource
  })
}

function isAccessPolicy(resource: object | undefined): resource is AccessPolicy {
  return resource !== undefined && 'kind' in resource && resource.kind === 'AccessPolicy'
}

async function measure(exchange: Exchange, idleRules: number): Promise<number> {
  const state = await mkdtemp(join(tmpdir(), 'sallyport-statement-'))
  const set = compilePolicies(
    { accessPolicies: policies(idleRules), clusterAccessPolicies: [], invalid: new Map() },
    new Map([[postgres.name, postgres.vocabulary]]),
  )
  const agent = { namespace: 'agents', serviceAccount: 'analyst', labels: {}, namespaceLabels: {} }
  const pair = set.pair(agent, { namespace: 'data', name: 'db', labels: {}, protocol: postgres.name })
  const audit = new AuditLog(await openAuditSink(join(state, 'audit.jsonl')))
  const recorder = Recorder.open(state, openKeys(state))
  const services = { audit, recorder, counters: newGatewayCounters(), limits: new LimitCounters(), now: Date.now }
  const [near, far] = [new Wire(), new Wire()]
  const about = {
    agent,
    connection: 'data/db',
    protocol: postgres.name,
    mediaType: 'x',
    socket: near as unknown as Socket,
  }
  const { gate } = guardSession(
    services as unknown as Services,
    { ...about, pair, details: {} },
    (why) => new Error(why),
  )
  const catalog = builtInCatalog(15)
  const knowledge = { catalog, path: ['pg_catalog', 'public'], stale: false, dirty: false, checkedEveryMs: 30_000 }
  const session = new Session({
    agent: near as unknown as Socket,
    target: far as unknown as Socket,
    gate,
    knowledge: { ...knowledge, transactionEnded: () => undefined } as unknown as Knowledge,
    workbench: new Workbench({ hash: Buffer.alloc(32), tokenize: Buffer.alloc(32) }),
    user: 'bench',
    estimate: () => Promise.resolve(0),
    cancel: () => Promise.resolve(),
    maxMessageBytes: 1 << 20,
    budget: new MemoryBudget(1 << 28),
    ended: (reason, error) => {
      throw new Error(reason, { cause: error })
    },
  })
  session.start({ agent: Buffer.alloc(0), target: Buffer.alloc(0) })
  // The parser is loaded when the first statement comes.
  const parsed = async (request: Buffer) => {
    const before = far.written
    near.emit('data', request)
    while (far.written === before) await new Promise((resolve) => setImmediate(resolve))
  }
  if (exchange.before.length > 0) {
    await parsed(Buffer.concat(exchange.before))
    far.emit('data', exchange.answerBefore)
  }
  await parsed(exchange.request(0))
  far.emit('data', exchange.answer)
  const requests = Array.from({ length: BATCH }, (_, n) => exchange.request(n))
  const run = async (batches: number): Promise<number> => {
    const started = process.cpuUsage()
    for (let batch = 0; batch < batches; batch++) {
      for (const request of requests) {
        near.emit('data', request)
        far.emit('data', exchange.answer)
      }
      // A session that is ahead of its recording would have to wait.
      do await new Promise((resolve) => setImmediate(resolve))
      while (recorder.pendingBytes > 256 * 1024)
    }
    const { user, system } = process.cpuUsage(started)
    return (user + system) / batches / BATCH
  }
  await run(WARM_UP)
  const results: number[] = []
  for (let round = 0; round < ROUNDS; round++) results.push(await run(BATCHES))
  if (near.written < BATCH * BATCHES) throw new Error('the statements were not answered')
  await recorder.close('measured')
  await audit.close()
  await rm(state, { recursive: true })
  // What else runs on the machine only adds.
  return Math.min(...results)
}

async function main(): Promise<void> {
  for (const [name, exchange] of Object.entries(EXCHANGES)) {
    for (const idleRules of [0, 10, 100, 1000]) {
      if (process.argv.includes('--quick') && idleRules > 0) continue
      const micros = await measure(exchange, idleRules)
      console.log(
        `${name.padEnd(10)} ${String(idleRules + 1).padStart(5)} rules ${micros.toFixed(2).padStart(7)} µs CPU`,
      )
    }
  }
}

await main()
