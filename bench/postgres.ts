// `make bench`: what a gateway costs, measured against the server itself, HAProxy, PgBouncer and a relay of our own.
//
// The machine is shared and noisy, so targets take turns within each round, every ratio is taken inside one round, and
// the medians of the rounds are reported.
import { parseArgs } from 'node:util'
import { startPostgres, whyMissing } from '#e2e/postgres/embedded.ts'
import { messageOf } from '#sidecar/system-reason.ts'
import { cpuMicroseconds, forgetPeak, peakResidentMegabytes } from './process.ts'
import { type Sample, save, summarise, table } from './report.ts'
import { startTarget, TARGETS, type Target, type TargetName } from './targets.ts'
import {
  type Address,
  CLIENTS,
  isMeasurable,
  measure,
  PEOPLE,
  prepareData,
  WORKLOADS,
  type Workload,
} from './workloads.ts'

const USAGE = `Usage: node bench/postgres.ts [options]
  --only TARGET,…       of ${TARGETS.join(', ')}
  --workload NAME,…     of ${WORKLOADS.join(', ')}
  --clients N,…         of 1, 8, 32
  --seconds N           per measurement (default 2; 1 with QUICK=1)
  --rounds N            (default 5; 1 with QUICK=1)
  --out FILE            (default bench/results/postgres.json; with any of the first three options only if given)`

/** V8 has optimised a statement’s whole way after some 50,000 of them. */
const WARM_SECONDS = 4

interface Options {
  readonly targets: readonly TargetName[]
  readonly workloads: readonly Workload[]
  readonly clients: readonly number[]
  readonly seconds: number
  readonly rounds: number
  readonly out: string | undefined
}

async function main(): Promise<void> {
  const options = readOptions()
  const version = (await whyMissing(15)) === undefined ? 15 : 18
  await using server = await startPostgres({ version, settings: { shared_buffers: '256MB', max_connections: '300' } })
  const address: Address = { host: server.host, port: server.port, user: 'bench', password: 'bench', database: 'bench' }
  await server.sql(`create role bench login password 'bench'`)
  await server.sql('create database bench owner bench')
  await prepareData(address)
  await server.sql(`set role bench; ${PEOPLE}`, 'bench')
  await server.sql('vacuum analyze', 'bench')
  const targets: Target[] = []
  try {
    for (const name of options.targets) {
      await startTarget(name, server, address).then(
        (target) => targets.push(target),
        (error: unknown) => console.error(`left out: ${name}: ${messageOf(error)}`),
      )
    }
    // What compiles while it runs is not measured while it is compiled.
    for (const { address: warm } of targets) {
      for (const workload of ['simple', 'extended', 'prepared'] as const) await measure(workload, 8, warm, WARM_SECONDS)
    }
    const samples = await runRounds(targets, options)
    const rows = summarise(samples)
    console.log(table(rows))
    if (options.out !== undefined)
      await save(options.out, rows, {
        rounds: options.rounds,
        seconds: options.seconds,
        server: `PostgreSQL ${version}`,
      })
  } finally {
    await Promise.all(targets.map((target) => target.stop()))
  }
}

async function runRounds(
  targets: readonly Target[],
  { workloads, clients, seconds, rounds }: Options,
): Promise<readonly Sample[]> {
  const samples: Sample[] = []
  for (let round = 1; round <= rounds; round++) {
    for (const workload of workloads) {
      for (const count of CLIENTS[workload].filter((n) => clients.includes(n))) {
        // Each round begins with another target, so that none always follows the same neighbour.
        for (let turn = 0; turn < targets.length; turn++) {
          const target = targets[(turn + round) % targets.length]
          if (!target || !isMeasurable(workload, target.address)) continue
          const sample = await sampleOnce(target, workload, count, seconds, round)
          if (sample) samples.push(sample)
        }
      }
      console.error(`round ${round} of ${rounds}: ${workload}`)
    }
  }
  const place = (sample: Sample) => [
    WORKLOADS.indexOf(sample.workload),
    sample.clients,
    TARGETS.indexOf(sample.target),
    sample.round,
  ]
  return samples.sort((a, b) => compareLists(place(a), place(b)))
}

async function sampleOnce(
  target: Target,
  workload: Workload,
  clients: number,
  seconds: number,
  round: number,
): Promise<Sample | undefined> {
  const { name, processId } = target
  if (processId !== undefined) await forgetPeak(processId)
  const before = processId === undefined ? 0 : await cpuMicroseconds(processId)
  try {
    const { transactions, ...measured } = await measure(workload, clients, target.address, seconds)
    const costs =
      processId === undefined
        ? {}
        : {
            cpuUsPerQuery: ((await cpuMicroseconds(processId)) - before) / transactions,
            rssMb: await peakResidentMegabytes(processId),
          }
    return { target: name, workload, clients, round, ...measured, ...costs }
  } catch (error) {
    console.error(`${name} fails at ${workload} with ${clients}: ${messageOf(error)}`)
    return undefined
  }
}

function compareLists(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < a.length; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

function readOptions(): Options {
  const quick = process.env['QUICK'] === '1'
  const string = { type: 'string' } as const
  const { values } = parseArgs({
    options: {
      only: string,
      workload: string,
      clients: string,
      seconds: string,
      rounds: string,
      out: string,
      help: { type: 'boolean' },
    },
  })
  if (values.help) {
    console.log(USAGE)
    process.exit(0)
  }
  const partial = values.only !== undefined || values.workload !== undefined || values.clients !== undefined || quick
  return {
    targets: chosen(values.only, TARGETS),
    workloads: chosen(values.workload, WORKLOADS),
    clients: chosen(values.clients, ['1', '8', '32']).map(Number),
    seconds: Number(values.seconds ?? (quick ? 1 : 2)),
    rounds: Number(values.rounds ?? (quick ? 1 : 5)),
    out: values.out ?? (partial ? undefined : 'bench/results/postgres.json'),
  }
}

function chosen<T extends string>(list: string | undefined, all: readonly T[]): readonly T[] {
  if (list === undefined) return all
  const names = list.split(',')
  const unknown = names.filter((name) => !(all as readonly string[]).includes(name))
  if (unknown.length > 0) throw new Error(`unknown: ${unknown.join(', ')}; allowed: ${all.join(', ')}`)
  return all.filter((name) => names.includes(name))
}

await main()
