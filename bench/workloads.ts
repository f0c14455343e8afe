// What is run against each target: pgbench for queries, a counting reader for bulk.
import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { serialize } from 'pg-protocol'
import { openSession } from '#e2e/postgres/raw.ts'

const run = promisify(execFile)

export const WORKLOADS = ['simple', 'extended', 'prepared', 'tpcb', 'wide', 'copy', 'connect'] as const
export type Workload = (typeof WORKLOADS)[number]

/** How many clients each workload is run with. */
export const CLIENTS: Readonly<Record<Workload, readonly number[]>> = {
  simple: [1, 8, 32],
  extended: [1, 8, 32],
  prepared: [1, 8, 32],
  tpcb: [1, 8, 32],
  wide: [1],
  copy: [1],
  connect: [1],
}

export interface Address {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly database: string
  /** To be spoken to over TLS; then only by pgbench. */
  readonly tls?: boolean
}

export interface Measured {
  /** Transactions: queries, results read, or connections made. */
  readonly transactions: number
  readonly tps: number
  readonly p50Us?: number
  readonly p99Us?: number
  readonly mbPerSecond?: number
}

const PGBENCH: Readonly<Partial<Record<Workload, readonly string[]>>> = {
  simple: ['-S', '-M', 'simple'],
  extended: ['-S', '-M', 'extended'],
  prepared: ['-S', '-M', 'prepared'],
  tpcb: ['-M', 'simple'],
  connect: ['-S', '-M', 'simple', '-C'],
}

const BULK: Readonly<Partial<Record<Workload, string>>> = {
  wide: 'select * from people',
  copy: 'copy people to stdout',
}

/** Bulk is read by a client of our own that knows no TLS. */
export function isMeasurable(workload: Workload, address: Address): boolean {
  return address.tls !== true || PGBENCH[workload] !== undefined
}

export async function measure(
  workload: Workload,
  clients: number,
  address: Address,
  seconds: number,
): Promise<Measured> {
  const options = PGBENCH[workload]
  if (options) return pgbench(options, clients, address, seconds)
  return bulk(BULK[workload] ?? '', address, seconds)
}

export async function prepareData(address: Address): Promise<void> {
  await run('pgbench', ['-i', '-q', '-s', '10', ...where(address)], { env: environment(address) })
}

/** Ten columns as applications have them; three of them protected in the masking target. */
export const PEOPLE = `
  create table people as select n as id, 'First' || n as first_name, 'Last' || (n * 7919 % 100003) as last_name,
    'user' || n || '@example' || (n % 50) || '.test' as email, lpad((n % 899 + 1)::text, 3, '0') || '-' || lpad((n % 97 + 1)::text, 2, '0') || '-' || lpad((n % 9999 + 1)::text, 4, '0') as ssn,
    '+1 555 ' || lpad((n % 10000000)::text, 7, '0') as phone, (array['Zürich', 'Berlin', 'Lyon', 'Porto'])[n % 4 + 1] as city,
    repeat('some words that an application keeps about a person ', 2) as notes, timestamptz '2024-01-01' + n * interval '1 minute' as created, (n * 1.37)::numeric(12, 2) as balance
  from generate_series(1, 200000) n;
  alter table people add primary key (id);`

async function pgbench(
  options: readonly string[],
  clients: number,
  address: Address,
  seconds: number,
): Promise<Measured> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-pgbench-'))
  try {
    const log = ['--log', `--log-prefix=${join(folder, 'log')}`, ...(clients > 8 ? ['--sampling-rate=0.2'] : [])]
    const threads = String(Math.min(clients, 2))
    const load = ['-n', '-c', String(clients), '-j', threads, '-T', String(seconds)]
    const { stdout } = await run('pgbench', [...options, ...load, ...log, ...where(address)], {
      env: environment(address),
      timeout: (seconds + 60) * 1000,
    })
    const transactions = Number(/transactions actually processed: (\d+)/.exec(stdout)?.[1])
    const tps = Number(/tps = ([\d.]+)/.exec(stdout)?.[1])
    if (!(transactions > 0)) throw new Error(`pgbench reports no transactions:\n${stdout}`)
    return { transactions, tps, ...(await percentiles(folder)) }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** pgbench documentation, "Per-Transaction Logging": the third field is the transaction's time in microseconds. */
async function percentiles(folder: string): Promise<{ p50Us: number; p99Us: number }> {
  const times: number[] = []
  for (const file of await readdir(folder)) {
    for (const line of (await readFile(join(folder, file), 'latin1')).split('\n')) {
      const time = line.split(' ')[2]
      if (time !== undefined) times.push(Number(time))
    }
  }
  const sorted = Float64Array.from(times).sort()
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
  return { p50Us: at(0.5), p99Us: at(0.99) }
}

/** One result after the other for the given time; bytes are counted, never decoded. */
async function bulk(statement: string, address: Address, seconds: number): Promise<Measured> {
  const { socket } = await openSession(address)
  socket.removeAllListeners('data')
  const request = serialize.query(statement)
  const started = performance.now()
  let bytes = 0
  let results = 0
  let tail = Buffer.alloc(0)
  await new Promise<void>((resolve, reject) => {
    socket.on('close', () => reject(new Error(`the connection closed during ${statement}`)))
    socket.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      tail = Buffer.concat([tail, chunk.subarray(-6)]).subarray(-6)
      if (!tail.equals(READY)) return
      results++
      if (performance.now() - started >= seconds * 1000) resolve()
      else socket.write(request)
    })
    socket.write(request)
  })
  const elapsed = (performance.now() - started) / 1000
  socket.removeAllListeners('close').destroy()
  if (bytes / results < 1e6) throw new Error(`${statement} gave only ${bytes} bytes in ${results} results`)
  return { transactions: results, tps: results / elapsed, mbPerSecond: bytes / 1e6 / elapsed }
}

/** ReadyForQuery, idle. */
const READY = Buffer.from([0x5a, 0, 0, 0, 5, 0x49])

function where({ host, port, user, database }: Address): readonly string[] {
  return ['-h', host, '-p', String(port), '-U', user, database]
}

function environment({ password, tls }: Address): NodeJS.ProcessEnv {
  const PGSSLMODE = tls === true ? 'require' : 'disable'
  return { PATH: process.env['PATH'], PGPASSWORD: password, PGSSLMODE, PGGSSENCMODE: 'disable', LC_ALL: 'C' }
}
