// The few file operations the recorder needs, so that tests can fill the disk or watch the order of calls.
import { type FileHandle, mkdir, open } from 'node:fs/promises'
import { writeOnce } from '#sidecar/write-once.ts'

export interface RecordingFile {
  /** Resolves with how much was written, which may be less than asked. */
  write(buffer: Buffer, from: number, length: number, position: number): Promise<number>
  datasync(): Promise<void>
  truncate(length: number): Promise<void>
  close(): Promise<void>
}

export interface FileLayer {
  makeDirectory(path: string): Promise<void>
  /** Makes a file that did not exist. */
  create(path: string): Promise<RecordingFile>
  /** Opens one that `create` made. */
  reopen(path: string): Promise<RecordingFile>
  /** A new file's name is on disk only once its directory is. */
  syncDirectory(path: string): Promise<void>
}

export const nodeFiles: FileLayer = {
  async makeDirectory(path) {
    await mkdir(path, { recursive: true, mode: 0o700 })
  },
  create: async (path) => fileFrom(await open(path, 'wx', 0o600)),
  reopen: async (path) => fileFrom(await open(path, 'r+')),
  async syncDirectory(path) {
    const directory = await open(path, 'r')
    try {
      await directory.sync()
    } finally {
      await directory.close()
    }
  },
}

function fileFrom(handle: FileHandle): RecordingFile {
  return {
    write: (buffer, from, length, position) => writeOnce(handle.fd, buffer, from, length, position),
    datasync: () => handle.datasync(),
    truncate: (length) => handle.truncate(length),
    close: () => handle.close(),
  }
}
