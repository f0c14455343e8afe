// One file's way to disk: takes batches from its source and appends them, one write at a time, syncing when someone waits.
//
// What could not be written stays here and is tried again at the same place, so a full disk loses nothing that was taken;
// the file meanwhile ends in a whole batch. A failed sync is final: the kernel may have dropped the pages.

import type { Descriptors } from './descriptors.ts'
import { isPassing, RecordingFailed, writeFailed } from './failure.ts'
import type { FileLayer, RecordingFile } from './file-layer.ts'
import type { Batch } from './journal.ts'

export interface BatchSource {
  /** The next batch, or nothing. */
  take(): Batch | undefined
  give(batch: Batch): void
  /** Everything taken so far is in the file. Under load `flush` may not return for long; this is told all the time. */
  written(): void
}

export interface RecordingFileParts {
  readonly path: string
  /** Where the file is. */
  readonly directory: string
  /** Its first batch: the preamble. */
  readonly first: Buffer
  /** Somebody has made it already, and it is empty. */
  readonly exists: boolean
  readonly layer: FileLayer
  readonly descriptors: Descriptors
  readonly source: BatchSource
  /** Told how many bytes more are in the file. */
  readonly onWritten: (bytes: number) => void
}

interface Waiter {
  readonly resolve: () => void
  readonly reject: (error: RecordingFailed) => void
}

export class RecordingFileWriter {
  readonly path: string
  readonly #directory: string
  readonly #layer: FileLayer
  readonly #descriptors: Descriptors
  readonly #source: BatchSource
  readonly #onWritten: (bytes: number) => void
  #position = 0
  #created: boolean
  #directorySynced = false
  #unwritten: Batch | undefined
  #syncWaiters: Waiter[] = []
  #busy = false
  /** Somebody asked for a flush while one was running. */
  #again = false
  #running: Promise<void> = Promise.resolve()
  /** Set while writing fails but may yet succeed. */
  stuck: RecordingFailed | undefined
  /** Set once nothing more can be written. */
  failed: RecordingFailed | undefined

  constructor({ path, directory, first, exists, layer, descriptors, source, onWritten }: RecordingFileParts) {
    this.#created = exists
    this.path = path
    this.#directory = directory
    this.#layer = layer
    this.#descriptors = descriptors
    this.#source = source
    this.#onWritten = onWritten
    this.#unwritten = { buffer: first, from: 0, to: first.length }
  }

  /** Writes what there is now. Never rejects: `stuck` and `failed` say how it went. */
  flush(): Promise<void> {
    if (this.#busy) this.#again = true
    else {
      this.#busy = true
      this.#running = this.#run()
    }
    return this.#running
  }

  /** Resolves once everything taken so far is on disk. The caller sees to it that `flush` runs. */
  synced(): Promise<void> {
    return new Promise((resolve, reject) => this.#syncWaiters.push({ resolve, reject }))
  }

  /** Bytes that a failed or running write holds. */
  get held(): number {
    return this.#unwritten === undefined ? 0 : this.#unwritten.to - this.#unwritten.from
  }

  async #run(): Promise<void> {
    do {
      this.#again = false
      const waiters = this.#syncWaiters
      this.#syncWaiters = []
      await this.#once(waiters)
    } while (this.#again || this.#syncWaiters.length > 0)
    this.#busy = false
  }

  /** One batch, and one sync for everybody who waits for it. */
  async #once(waiters: readonly Waiter[]): Promise<void> {
    try {
      if (this.failed !== undefined) throw this.failed
      let behind = this.#unwritten !== undefined
      this.#unwritten ??= this.#source.take()
      if (this.#unwritten === undefined && waiters.length === 0) return
      await this.#descriptors.with(this.path, !this.#created, async (file) => {
        this.#created = true
        // Whoever asked means what there is now: behind a batch that was left over, that is the next one.
        while (this.#unwritten !== undefined) {
          await this.#write(file, this.#unwritten)
          this.#source.give(this.#unwritten)
          this.#unwritten = behind ? this.#source.take() : undefined
          behind = false
        }
        if (waiters.length > 0) await this.#sync(file)
      })
      this.stuck = undefined
      this.#source.written()
      for (const waiter of waiters) waiter.resolve()
    } catch (error) {
      const failure = this.#fail(error)
      for (const waiter of waiters) waiter.reject(failure)
    }
  }

  async #write(file: RecordingFile, batch: Batch): Promise<void> {
    let done = 0
    const length = batch.to - batch.from
    try {
      while (done < length) {
        const written = await file.write(batch.buffer, batch.from + done, length - done, this.#position + done)
        if (written === 0) throw Object.assign(new Error('nothing was written'), { code: 'ENOSPC' })
        done += written
      }
    } catch (error) {
      // The batch begins behind another: cut back to there, or leave a torn tail that `verify` reports as such.
      if (done > 0) await file.truncate(this.#position).catch(() => undefined)
      throw error
    }
    this.#position += length
    this.#onWritten(length)
  }

  async #sync(file: RecordingFile): Promise<void> {
    try {
      await file.datasync()
      if (!this.#directorySynced) await this.#layer.syncDirectory(this.#directory)
      this.#directorySynced = true
    } catch (error) {
      this.failed = writeFailed(this.path, error)
      throw this.failed
    }
  }

  #fail(error: unknown): RecordingFailed {
    const failure = error instanceof RecordingFailed ? error : writeFailed(this.path, error)
    if (isPassing(error)) this.stuck = failure
    else {
      this.failed = failure
      this.stuck = undefined
      if (this.#unwritten !== undefined) this.#source.give(this.#unwritten)
      this.#unwritten = undefined
    }
    return failure
  }
}
