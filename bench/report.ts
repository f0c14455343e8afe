// Medians over rounds, the table, and the file.
import { mkdir, writeFile } from 'node:fs/promises'
import { availableParallelism, cpus, totalmem } from 'node:os'
import { dirname } from 'node:path'
import type { TargetName } from './targets.ts'
import type { Workload } from './workloads.ts'

/** One target, one workload, one round. */
export interface Sample {
  readonly target: TargetName
  readonly workload: Workload
  readonly clients: number
  readonly round: number
  readonly tps: number
  readonly p50Us?: number
  readonly p99Us?: number
  readonly mbPerSecond?: number
  readonly cpuUsPerQuery?: number
  readonly rssMb?: number
}

export interface Row {
  readonly target: TargetName
  readonly workload: Workload
  readonly clients: number
  readonly tps: number
  readonly ratioToDirect: number | null
  readonly addedP50Us: number | null
  readonly addedP99Us: number | null
  readonly cpuUsPerQuery: number | null
  readonly rssMb: number | null
  readonly mbPerSecond: number | null
}

/** Every figure that compares with `direct` is the median over the rounds of what was found inside one round. */
export function summarise(samples: readonly Sample[]): readonly Row[] {
  const cells = Map.groupBy(samples, ({ target, workload, clients }) => `${workload} ${clients} ${target}`)
  return [...cells.values()].flatMap((cell) => {
    const [first] = cell
    if (!first) return []
    const { target, workload, clients } = first
    const direct = (round: number) =>
      samples.find(
        (s) => s.target === 'direct' && s.workload === workload && s.clients === clients && s.round === round,
      )
    const against = (compare: (sample: Sample, base: Sample) => number | undefined) =>
      median(
        cell.map((sample) => {
          const base = direct(sample.round)
          return base && compare(sample, base)
        }),
      )
    return [
      {
        target,
        workload,
        clients,
        tps: rounded(median(cell.map(({ tps }) => tps)) ?? 0, 1),
        ratioToDirect: nullable(
          against((s, base) => s.tps / base.tps),
          3,
        ),
        addedP50Us: nullable(
          against((s, base) => difference(s.p50Us, base.p50Us)),
          0,
        ),
        addedP99Us: nullable(
          against((s, base) => difference(s.p99Us, base.p99Us)),
          0,
        ),
        cpuUsPerQuery: nullable(median(cell.map((s) => s.cpuUsPerQuery)), 1),
        rssMb: nullable(median(cell.map((s) => s.rssMb)), 1),
        mbPerSecond: nullable(median(cell.map((s) => s.mbPerSecond)), 1),
      },
    ]
  })
}

export function median(values: readonly (number | undefined)[]): number | undefined {
  const sorted = values
    .filter((value) => value !== undefined && Number.isFinite(value))
    .sort((a, b) => (a ?? 0) - (b ?? 0))
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : mean(sorted[middle - 1], sorted[middle])
}

export function table(rows: readonly Row[]): string {
  const heads = ['workload', 'clients', 'target', 'tps', 'ratio', '+p50 µs', '+p99 µs', 'CPU µs/q', 'RSS MB', 'MB/s']
  const lines = rows.map((row) => {
    const figures = [
      row.tps,
      row.ratioToDirect,
      row.addedP50Us,
      row.addedP99Us,
      row.cpuUsPerQuery,
      row.rssMb,
      row.mbPerSecond,
    ]
    return [
      row.workload,
      String(row.clients),
      row.target,
      ...figures.map((figure) => (figure === null ? '-' : String(figure))),
    ]
  })
  const widths = heads.map((head, i) => Math.max(head.length, ...lines.map((line) => line[i]?.length ?? 0)))
  const draw = (line: readonly string[]) =>
    line.map((cell, i) => (i === 0 || i === 2 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  ')
  return [draw(heads), ...lines.map(draw)].join('\n')
}

export async function save(
  file: string,
  rows: readonly Row[],
  run: { readonly rounds: number; readonly seconds: number; readonly server: string },
): Promise<void> {
  const machine = {
    cores: availableParallelism(),
    cpu: cpus()[0]?.model ?? 'unknown',
    memoryMb: Math.round(totalmem() / 2 ** 20),
    node: process.version,
  }
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, `${JSON.stringify({ date: new Date().toISOString(), machine, ...run, rows }, null, 2)}\n`)
}

function difference(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a - b
}

function mean(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : (a + b) / 2
}

function nullable(value: number | undefined, digits: number): number | null {
  return value === undefined ? null : rounded(value, digits)
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits))
}
