// How fast the content detectors scan, all of them together, on one core: `node bench/detectors.ts`.
import { DETECTOR_NAMES } from '#sidecar/masking/detectors/names.ts'
import { Scanner } from '#sidecar/masking/detectors/scan.ts'

const WORDS =
  'the quarterly review of order shipments was moved to next Tuesday because of INCIDENT JIRA-4412 at warehouse no 17 in Zurich'.split(
    ' ',
  )
const PLANTED = [
  '4111 1111 1111 1111',
  'jane.doe@example.org',
  'DE89 3704 0044 0532 0130 00',
  '123-45-6789',
  '+41 44 668 18 00',
  'AKIAIOSFODNN7EXAMPLE',
]

const CORPORA: Readonly<Record<string, (i: number) => string>> = {
  'prose, one planted item in 200 cells': (i) =>
    i % 200 === 0 ? (PLANTED[(i / 200) % PLANTED.length] ?? '') : prose(i, 12),
  'prose, one planted item in 10 cells': (i) =>
    i % 10 === 0 ? (PLANTED[(i / 10) % PLANTED.length] ?? '') : prose(i, 12),
  'identifiers, dates and amounts': (i) =>
    `${i} 2024-01-${10 + (i % 20)} 10:${10 + (i % 50)}:00 CHF ${i * 37}.${i % 100} order-${i * 7919}`,
  uuids: (i) => `a0eebc99-9c0b-4ef8-bb6d-${(i * 7919).toString(16).padStart(12, '0')}`,
  json: (i) =>
    `{"id": ${i}, "state": "open", "lines": [{"sku": "A-${i % 977}", "n": ${i % 7}}], "note": "${prose(i, 6)}"}`,
}

export function prose(seed: number, words: number): string {
  const out: string[] = []
  for (let i = 0; i < words; i++) out.push(WORDS[(seed * 7 + i * 13 + ((seed * i) % 5)) % WORDS.length] ?? '')
  return out.join(' ')
}

function main(): void {
  const scanner = new Scanner(DETECTOR_NAMES)
  for (const [name, cell] of Object.entries(CORPORA)) {
    const cells = Array.from({ length: 100_000 }, (_, i) => Buffer.from(cell(i)))
    const bytes = Buffer.concat(cells)
    const ends = cells.map((one) => one.length)
    let found = 0
    const rounds = Array.from({ length: 15 }, () => {
      const started = process.cpuUsage()
      found = 0
      let at = 0
      for (const length of ends) {
        found += scanner.scan(bytes, at, at + length)
        at += length
      }
      return bytes.length / microseconds(started)
    })
    const median = rounds.toSorted((a, b) => a - b)[7] ?? 0
    console.log(
      `${name.padEnd(40)} ${(bytes.length / 1e6).toFixed(1).padStart(6)} MB ${median.toFixed(0).padStart(5)} MB/s  ${found} found`,
    )
  }
}

/** CPU time, so that what else runs on the machine does not count. */
function microseconds(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since)
  return user + system
}

if (import.meta.main) main()
