// Notices changes below a directory by looking: file systems differ too much in what they announce (bind mounts,
// ConfigMap volumes that swap a symbolic link, editors that replace files), and a look at some files costs nothing.
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** What changed is in force within a second, and a gateway that nobody uses is woken only this often. */
const LOOK_MS = 400
/** While something changes. */
const SOON_MS = 100
/** A file that is being written is given this many looks to be finished. */
const PATIENCE = 3

export interface Watch {
  /** Calls `changed` once after each change since the watch was made. A change counts when two looks have seen the same. */
  start(changed: () => Promise<void>): void
  stop(): void
}

export async function watchDirectory(directory: string): Promise<Watch> {
  let taken = await signature(directory)
  let last = taken
  let unsteady = 0
  let stopped = false
  let timer: NodeJS.Timeout | undefined
  const look = async (changed: () => Promise<void>): Promise<void> => {
    const now = await signature(directory)
    unsteady = now === last ? 0 : unsteady + 1
    last = now
    if (now !== taken && (unsteady === 0 || unsteady > PATIENCE)) {
      taken = now
      unsteady = 0
      await changed()
    }
    later(changed, now === taken ? LOOK_MS : SOON_MS)
  }
  const later = (changed: () => Promise<void>, milliseconds: number): void => {
    if (!stopped) timer = setTimeout(() => void look(changed), milliseconds)
  }
  return {
    start: (changed) => later(changed, SOON_MS),
    stop() {
      stopped = true
      clearTimeout(timer)
    },
  }
}

async function signature(path: string): Promise<string> {
  const self = await stat(path).catch(() => undefined)
  if (!self) return 'missing'
  if (self.isFile()) return describe(path, self)
  const names = await readdir(path, { recursive: true }).catch(() => [])
  const parts = await Promise.all(
    names.sort().map(async (name) => {
      const found = await stat(join(path, name)).catch(() => undefined)
      return found?.isFile() ? describe(name, found) : ''
    }),
  )
  return parts.join('\n')
}

function describe(
  name: string,
  { mtimeMs, size, ino }: { readonly mtimeMs: number; readonly size: number; readonly ino: number },
): string {
  return `${name} ${mtimeMs} ${size} ${ino}`
}
