// How fast results are masked, on one core: `node bench/masking.ts`. Rows as a wide result has them.
import { DETECTOR_NAMES } from '#sidecar/masking/detectors/names.ts'
import type { Strategy } from '#sidecar/masking/mask.ts'
import { CopyOutMasker } from '#sidecar/protocols/postgres/values/copy-out.ts'
import { type CellPlan, RowMasker } from '#sidecar/protocols/postgres/values/rows.ts'
import { prose } from './detectors.ts'

const KEYS = { hash: Buffer.alloc(32, 1), tokenize: Buffer.alloc(32, 2) }
const CHUNK = 65_536
const ROUNDS = 200

type Columns = readonly (readonly [typeOid: number, value: (i: number) => string])[]
const COLUMNS: Columns = [
  [23, (i) => String(i)],
  [25, (i) => `customer ${i} ${prose(i, 3)}`],
  [25, (i) => `customer${i}@example.org`],
  [1043, (i) => `${100 + (i % 800)}-45-${1000 + (i % 9000)}`],
  [1184, (i) => `2024-01-${10 + (i % 20)} 10:11:12.${100000 + i}+00`],
  [1700, (i) => `${i * 37}.50`],
  [25, (i) => prose(i, 16)],
]

const PLANS: Readonly<Record<string, readonly CellPlan[]>> = {
  'nothing masked': plan(() => ({ kind: 'keep' })),
  'two columns, Redact': masked([2, 3], 'Redact'),
  'two columns, Null': masked([2, 3], 'Null'),
  'two columns, Partial': masked([2, 3], 'Partial'),
  'two columns, Hash': masked([2, 3], 'Hash'),
  'two columns, Tokenize': masked([2, 3], 'Tokenize'),
  'all detectors on every column': plan((typeOid) => ({
    kind: 'inspect',
    inspection: everything(),
    typeOid,
    format: 0,
  })),
}

function main(): void {
  const rows = Array.from({ length: 400 }, (_, i) => dataRow(COLUMNS.map(([, value]) => Buffer.from(value(i)))))
  const chunk = filled(rows)
  const copy = Buffer.concat(
    Array.from({ length: 400 }, (_, i) => copyData(`${COLUMNS.map(([, value]) => value(i)).join('\t')}\n`)),
  ).subarray(0)
  for (const [name, plans] of Object.entries(PLANS)) {
    const masker = new RowMasker(plans, KEYS)
    const text = new CopyOutMasker(
      { format: 'text', delimiter: '\t', nullText: '\\N', quote: '"', escape: '"', header: false },
      plans,
      KEYS,
    )
    const a = speed(chunk, (bytes) => masker.mask(bytes, 0, bytes.length).masked)
    const b = speed(copy, (bytes) => text.mask(bytes, 0, bytes.length).masked)
    console.log(
      `${name.padEnd(32)} DataRow ${a.toFixed(0).padStart(6)} MB/s   COPY text ${b.toFixed(0).padStart(6)} MB/s`,
    )
  }
}

/** Median of five; the copy that each round masks is not counted. */
function speed(bytes: Buffer, mask: (bytes: Buffer) => number): number {
  const results = [0, 0, 0, 0, 0].map(() => {
    const copies = Array.from({ length: ROUNDS }, () => Buffer.from(bytes))
    const started = process.cpuUsage()
    for (const copy of copies) mask(copy)
    return (bytes.length * ROUNDS) / microseconds(started)
  })
  return results.toSorted((a, b) => a - b)[2] ?? 0
}

function plan(of: (typeOid: number, index: number) => CellPlan): readonly CellPlan[] {
  return COLUMNS.map(([typeOid], index) => of(typeOid, index))
}

function masked(columns: readonly number[], strategy: Strategy): readonly CellPlan[] {
  return plan((typeOid, index) =>
    columns.includes(index) ? { kind: 'mask', strategy, typeOid, format: 0 } : { kind: 'keep' },
  )
}

function everything() {
  return { detections: DETECTOR_NAMES.map((detector) => ({ detector, strategy: 'Redact' as const })), fields: [] }
}

function filled(rows: readonly Buffer[]): Buffer {
  const taken: Buffer[] = []
  let size = 0
  for (const row of rows) {
    if (size + row.length > CHUNK) break
    taken.push(row)
    size += row.length
  }
  return Buffer.concat(taken)
}

function dataRow(cells: readonly Buffer[]): Buffer {
  const body = cells.flatMap((cell) => {
    const length = Buffer.alloc(4)
    length.writeInt32BE(cell.length)
    return [length, cell]
  })
  const bytes = Buffer.concat([Buffer.alloc(7), ...body])
  bytes.write('D', 0, 'latin1')
  bytes.writeInt32BE(bytes.length - 1, 1)
  bytes.writeInt16BE(cells.length, 5)
  return bytes
}

function copyData(line: string): Buffer {
  const bytes = Buffer.concat([Buffer.alloc(5), Buffer.from(line)])
  bytes.write('d', 0, 'latin1')
  bytes.writeInt32BE(bytes.length - 1, 1)
  return bytes
}

/** CPU time, so that what else runs on the machine does not count. */
function microseconds(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since)
  return user + system
}

if (import.meta.main) main()
