// The manifest lists sessions when their file exists and when they are sealed, so that a missing file is found. It has the
// same format as a recording; every batch ends in a signed checkpoint. Each start of the gateway begins a new file that
// names the one before it with its length and last hash: a chain over restarts.
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { FORMAT_VERSION, KIND } from '#contracts/recording/format.ts'
import { encodePreamble, type ManifestPreamble } from '#contracts/recording/preamble.ts'
import { signRecord } from '#contracts/recording/signature.ts'
import { wholeRecords } from '#contracts/recording/whole-records.ts'
import { errorCode } from '#sidecar/system-reason.ts'
import type { WallClock } from '#sidecar/wall-clock.ts'
import type { Buffers } from './buffers.ts'
import type { Flushable, Flusher } from './flusher.ts'
import { type Batch, Journal } from './journal.ts'
import type { Keys } from './keys.ts'
import type { RecordingFileWriter } from './recording-file.ts'

const NAME = /^manifest-(\d{6,})\.recording$/

interface ManifestStart {
  readonly file: string
  readonly first: Buffer
  readonly journal: Journal
}

/** Where the next manifest file begins. Reads only the directory and the newest manifest. */
export function startManifest(directory: string, keys: Keys, buffers: Buffers, startedAt: string): ManifestStart {
  const numbers = manifestNumbers(directory)
  const last = numbers.at(-1)
  for (let number = (last ?? 0) + 1; ; number++) {
    const file = manifestName(number)
    if (!claim(join(directory, file))) continue
    const preamble: ManifestPreamble = {
      type: 'manifest',
      version: FORMAT_VERSION,
      keyId: keys.id,
      startedAt,
      number,
      previous: last === undefined ? null : before(directory, manifestName(last)),
    }
    const first = encodePreamble(preamble)
    return { file, first, journal: new Journal(buffers, first) }
  }
}

function manifestNumbers(directory: string): number[] {
  return readdirSync(directory)
    .map((name) => NAME.exec(name)?.[1])
    .filter((digits) => digits !== undefined)
    .map(Number)
    .sort((a, b) => a - b)
}

function manifestName(number: number): string {
  return `manifest-${String(number).padStart(6, '0')}.recording`
}

function claim(path: string): boolean {
  try {
    closeSync(openSync(path, 'wx', 0o600))
    return true
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false
    throw error
  }
}

/** A crash may have torn the last batch: what is named is what is whole before it. */
function before(directory: string, file: string): ManifestPreamble['previous'] {
  return { file, ...wholeRecords(readFileSync(join(directory, file))) }
}

export class Manifest implements Flushable {
  readonly file: string
  readonly #journal: Journal
  readonly #keys: Keys
  readonly #clock: WallClock
  readonly #buffers: Buffers
  readonly #flusher: Flusher
  #writer: RecordingFileWriter | undefined
  #entries = 0

  constructor(start: ManifestStart, keys: Keys, clock: WallClock, flusher: Flusher, buffers: Buffers) {
    this.#buffers = buffers
    this.file = start.file
    this.#journal = start.journal
    this.#keys = keys
    this.#clock = clock
    this.#flusher = flusher
  }

  /** The writer needs the manifest as its source, so it comes second. */
  writeThrough(writer: RecordingFileWriter): void {
    this.#writer = writer
  }

  get retry(): boolean {
    return this.#writer?.stuck !== undefined
  }

  flush(): Promise<void> {
    return this.#writer?.flush() ?? Promise.resolve()
  }

  position(): { file: string; sequence: number; hash: string } {
    return { file: this.file, sequence: this.#journal.sequence - 1, hash: this.#journal.lastHash }
  }

  listed(session: string, preambleHash: string): void {
    this.#add(KIND.listed, { session, preamble: preambleHash })
  }

  sealed(session: string, records: number, hash: string): void {
    this.#add(KIND.sealed, { session, records, hash })
  }

  take(): Batch | undefined {
    const now = this.#clock.now()
    if (this.#entries > 0) {
      const json = Buffer.from(JSON.stringify({ entries: this.#entries }))
      this.#journal.appendSigned(KIND.checkpoint, now, json, (unsigned) => signRecord(unsigned, this.#keys.signing))
      this.#entries = 0
    }
    return this.#journal.take(now)
  }

  give(batch: Batch): void {
    this.#buffers.give(batch.buffer)
  }

  written(): void {
    // Nobody waits for the manifest.
  }

  #add(kind: number, entry: unknown): void {
    this.#journal.appendJson(kind, this.#clock.now(), entry)
    this.#entries++
    this.#flusher.later(this)
  }
}
