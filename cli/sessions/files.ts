// Recordings in a state directory.
import { createReadStream, readdirSync } from 'node:fs'
import { join } from 'node:path'

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

/** A file's bytes, bounded in memory. */
export async function* readChunks(state: string, name: string): AsyncGenerator<Buffer> {
  for await (const chunk of createReadStream(join(state, 'recordings', name), { highWaterMark: CHUNK })) yield chunk
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
