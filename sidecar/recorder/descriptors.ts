// Open files, at most so many at once: 10,000 sessions must not need 10,000 descriptors. The longest unused is closed.
import type { FileLayer, RecordingFile } from './file-layer.ts'

interface Entry {
  file: RecordingFile
  users: number
}

export class Descriptors {
  readonly #layer: FileLayer
  readonly #limit: number
  /** In order of last use. */
  readonly #open = new Map<string, Entry>()

  constructor(layer: FileLayer, limit: number) {
    this.#layer = layer
    this.#limit = limit
  }

  /** Runs `use` with the file open. One caller per path at a time. */
  async with<Result>(path: string, isNew: boolean, use: (file: RecordingFile) => Promise<Result>): Promise<Result> {
    const entry = this.#open.get(path) ?? { file: await this.#openFile(path, isNew), users: 0 }
    this.#open.delete(path)
    this.#open.set(path, entry)
    entry.users++
    try {
      return await use(entry.file)
    } finally {
      entry.users--
      await this.#closeUnused()
    }
  }

  async close(path: string): Promise<void> {
    const entry = this.#open.get(path)
    if (entry === undefined) return
    this.#open.delete(path)
    await entry.file.close()
  }

  async closeAll(): Promise<void> {
    for (const path of [...this.#open.keys()]) await this.close(path)
  }

  async #openFile(path: string, isNew: boolean): Promise<RecordingFile> {
    return isNew ? await this.#layer.create(path) : await this.#layer.reopen(path)
  }

  async #closeUnused(): Promise<void> {
    for (const [path, entry] of this.#open) {
      if (this.#open.size <= this.#limit) return
      if (entry.users > 0) continue
      this.#open.delete(path)
      await entry.file.close()
    }
  }
}
