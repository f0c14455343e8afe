// The manifest files below a directory, bounded in number, size and depth.
import type { Dirent } from 'node:fs'
import { open, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'

export interface ManifestFile {
  readonly file: string
  /** Absent if it could not be read; then `problem` says why. */
  readonly text?: string
  readonly problem?: string
}

const MAX_FILES = 10_000
const MAX_DEPTH = 32
const MAX_BYTES = 8 * 1024 * 1024

/** What `path` is, or holds: a file or a directory. In the order of their names, so that findings come in the same order on every machine. Hidden files are left out. */
export async function* manifestFiles(path: string): AsyncGenerator<ManifestFile> {
  if ((await stat(path).catch(() => undefined))?.isFile()) {
    yield await contents(path)
    return
  }
  const count = { left: MAX_FILES }
  yield* below(path, 0, count)
  if (count.left <= 0) yield { file: path, problem: `holds more than ${MAX_FILES} manifests; split it` }
}

async function* below(directory: string, depth: number, count: { left: number }): AsyncGenerator<ManifestFile> {
  if (depth > MAX_DEPTH) {
    yield { file: directory, problem: `lies more than ${MAX_DEPTH} directories deep; it was not read` }
    return
  }
  let entries: Dirent[]
  try {
    entries = await readdir(directory, { withFileTypes: true })
  } catch (error) {
    yield { file: directory, problem: `cannot be listed: ${reason(error)}` }
    return
  }
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith('.') || count.left <= 0) continue
    const path = join(directory, entry.name)
    if (entry.isDirectory()) yield* below(path, depth + 1, count)
    else if (entry.isSymbolicLink())
      yield { file: path, problem: 'is a symbolic link and was not followed; put a copy here' }
    else if (/[.](ya?ml|json)$/.test(entry.name)) {
      count.left -= 1
      yield entry.isFile() ? await contents(path) : { file: path, problem: 'is not a regular file' }
    }
  }
}

async function contents(file: string): Promise<ManifestFile> {
  try {
    await using handle = await open(file, 'r')
    const { size } = await handle.stat()
    if (size > MAX_BYTES) return { file, problem: `is larger than ${MAX_BYTES} bytes; split it` }
    return { file, text: new TextDecoder('utf-8', { fatal: true }).decode(await handle.readFile()) }
  } catch (error) {
    return { file, problem: `cannot be read: ${reason(error)}` }
  }
}

/** The system's words, without the call and the path that it puts behind them. */
function reason(error: unknown): string {
  return error instanceof Error ? error.message.replace(/, \w+(?: '.*')?$/s, '') : String(error)
}
