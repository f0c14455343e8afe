// Recordings in a state directory.
import { constants, readdirSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import { errorCode, systemReason } from '#sidecar/system-reason.ts'

const CHUNK = 256 * 1024
const SUFFIX = '.recording'
const MANIFEST = /^manifest-(\d{6,})\.recording$/

export interface StateFiles {
  readonly manifests: readonly { readonly number: number; readonly name: string }[]
  readonly sessions: readonly string[]
}

export function listFiles(state: string): StateFiles {
  const directory = join(state, 'recordings')
  let names: string[]
  try {
    names = readdirSync(directory)
  } catch (error) {
    throw new Error(`there are no recordings in ${state}: ${directory} cannot be read`, { cause: error })
  }
  const manifests = names.flatMap((name) => {
    const digits = MANIFEST.exec(name)?.[1]
    return digits === undefined ? [] : [{ number: Number(digits), name }]
  })
  return {
    manifests: manifests.sort((a, b) => a.number - b.number),
    sessions: names
      .filter((name) => name.endsWith(SUFFIX) && !MANIFEST.test(name))
      .map((name) => name.slice(0, -SUFFIX.length))
      .sort(),
  }
}

export function sessionFile(session: string): string {
  return `${session}${SUFFIX}`
}

/** What is under the name of a recording is not a file that can be read. The message says why. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable'
}

/** A file's bytes, bounded in memory. Whoever can write the directory can put other things than files there. */
export async function* readChunks(state: string, name: string): AsyncGenerator<Buffer> {
  const file = await openFile(join(state, 'recordings', name))
  try {
    for (;;) {
      const { buffer, bytesRead } = await orUnreadable(file.read(Buffer.allocUnsafe(CHUNK), 0, CHUNK))
      if (bytesRead === 0) return
      yield buffer.subarray(0, bytesRead)
    }
  } finally {
    await file.close()
  }
}

/** Nonblocking: to open a FIFO would be to wait for somebody who writes into it. */
async function openFile(path: string): Promise<FileHandle> {
  const file = await orUnreadable(open(path, constants.O_RDONLY | constants.O_NONBLOCK))
  if ((await file.stat()).isFile()) return file
  await file.close()
  throw new Unreadable('it is not a file')
}

function orUnreadable<T>(work: Promise<T>): Promise<T> {
  return work.catch((cause) => {
    const why = errorCode(cause) === 'ENOENT' ? 'it was removed, or is a link to nothing' : systemReason(cause)
    throw new Unreadable(`it cannot be read: ${why}`, { cause })
  })
}

/** The one session that starts or ends as the person wrote. */
export function findSession(state: string, wanted: string): string {
  const { sessions } = listFiles(state)
  const found = sessions.filter((id) => id === wanted)
  const near = found.length > 0 ? found : sessions.filter((id) => id.startsWith(wanted) || id.endsWith(wanted))
  const [only] = near
  if (only === undefined)
    throw new Error(`there is no session ${JSON.stringify(wanted)}: see ./sallyport sessions list`)
  if (near.length > 1) throw new Error(`${JSON.stringify(wanted)} fits ${near.length} sessions: write more of the id`)
  return only
}
