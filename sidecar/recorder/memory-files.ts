// Files in memory for tests: every call is noted, the disk can be full, sync can fail, writes can come short.
import type { FileLayer, RecordingFile } from './file-layer.ts'

export class MemoryFiles implements FileLayer {
  readonly content = new Map<string, Buffer>()
  readonly calls: string[] = []
  openNow = 0
  mostOpen = 0
  /** Bytes that still fit; writes come short, then fail with ENOSPC. */
  space = Number.POSITIVE_INFINITY
  /** Code that every sync fails with. */
  syncFault: string | undefined
  writeFault: string | undefined

  makeDirectory(): Promise<void> {
    return Promise.resolve()
  }

  create(path: string): Promise<RecordingFile> {
    if (this.content.has(path)) return Promise.reject(fault('EEXIST'))
    this.content.set(path, Buffer.alloc(0))
    return this.#open(path)
  }

  reopen(path: string): Promise<RecordingFile> {
    if (!this.content.has(path)) this.content.set(path, Buffer.alloc(0))
    return this.#open(path)
  }

  syncDirectory(): Promise<void> {
    this.calls.push('sync directory')
    return Promise.resolve()
  }

  /** The file whose name ends so. */
  file(end: string): Buffer {
    for (const [path, bytes] of this.content) if (path.endsWith(end)) return bytes
    return Buffer.alloc(0)
  }

  #open(path: string): Promise<RecordingFile> {
    this.openNow++
    this.mostOpen = Math.max(this.mostOpen, this.openNow)
    const name = path.slice(path.lastIndexOf('/') + 1)
    return Promise.resolve({
      write: async (buffer: Buffer, from: number, length: number, position: number) => {
        await Promise.resolve()
        this.calls.push(`write ${name}`)
        if (this.writeFault !== undefined) throw fault(this.writeFault)
        const fits = Math.min(length, this.space)
        if (fits === 0) throw fault('ENOSPC')
        this.space -= fits
        const before = this.content.get(path) ?? Buffer.alloc(0)
        this.content.set(path, Buffer.concat([before.subarray(0, position), buffer.subarray(from, from + fits)]))
        return fits
      },
      datasync: async () => {
        await new Promise((resolve) => setImmediate(resolve))
        this.calls.push(`sync ${name}`)
        if (this.syncFault !== undefined) throw fault(this.syncFault)
      },
      truncate: (length: number) => {
        const bytes = this.content.get(path) ?? Buffer.alloc(0)
        this.space += Math.max(0, bytes.length - length)
        this.content.set(path, bytes.subarray(0, length))
        return Promise.resolve()
      },
      close: () => {
        this.openNow--
        return Promise.resolve()
      },
    })
  }
}

function fault(code: string): Error {
  return Object.assign(new Error(`${code}: as the test wants it`), { code })
}
