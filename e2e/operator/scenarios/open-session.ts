// A psql that stays: one session, asked one statement after the other.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Stage } from '../stage.ts'

export interface SessionPlace {
  readonly namespace: string
  /** `deployment/analyst`, `pod/one`. */
  readonly of: string
  readonly database: string
}

export const ANALYST: SessionPlace = { namespace: 'agents', of: 'deployment/analyst', database: 'orders' }

export interface OpenSession {
  /** What psql prints for it, errors too; when the session ends, what it printed until then. */
  ask(statement: string): Promise<string>
  /** Says it and waits for nothing. */
  start(statement: string): void
  /** psql ends when its session does; resolves with all that it printed. */
  readonly ended: Promise<string>
  readonly isOpen: boolean
  close(): Promise<void>
}

/** Throws if no session is opened. `\warn` says where an answer ends, because it goes where errors go; so results are not held back. */
export async function openSession({ cluster }: Stage, place: SessionPlace = ANALYST): Promise<OpenSession> {
  // The shell stays, and with it the other end of its own standard error: without one the whole exec would end.
  const psql = `stdbuf -oL psql -X -A -t -q 'host=orders-db.data.svc user=anyone dbname=${place.database}' 2>&1; true`
  const where = ['exec', '-i', '-n', place.namespace, place.of, '-c', 'agent', '--', 'sh', '-c', psql]
  const kubectl = cluster.programs === undefined ? 'kubectl' : join(cluster.programs, 'kubectl')
  const child = spawn(kubectl, where, { env: { ...process.env, KUBECONFIG: cluster.kubeconfig } })
  let printed = ''
  let open = true
  let asked = 0
  let read = 0
  const waiting = new Set<() => void>()
  const take = (chunk: Buffer): void => {
    printed += chunk.toString()
    for (const look of waiting) look()
  }
  child.stdout.on('data', take)
  child.stderr.on('data', take)
  child.stdin.on('error', () => {}) // it has ended; `ended` tells
  const ended = once(child, 'close').then(() => {
    open = false
    for (const look of waiting) look()
    return printed
  })
  const ask = (statement: string): Promise<string> =>
    new Promise((resolve) => {
      const mark = `answered-${++asked}\n`
      const look = (): void => {
        const at = printed.indexOf(mark, read)
        if (at < 0 && open) return
        waiting.delete(look)
        resolve(printed.slice(read, at < 0 ? undefined : at))
        read = at < 0 ? printed.length : at + mark.length
      }
      waiting.add(look)
      child.stdin.write(`${statement};\n\\warn ${mark}\n`)
      look()
    })
  const session: OpenSession = {
    ask,
    start: (statement) => void child.stdin.write(`${statement};\n`),
    ended,
    get isOpen() {
      return open
    },
    close: async () => {
      child.stdin.end('\\q\n')
      const killing = setTimeout(() => child.kill('SIGKILL'), CLOSING_MS)
      await ended
      clearTimeout(killing)
    },
  }
  const first = await ask("select 'open'")
  if (first.trim() === 'open') return session
  await session.close()
  throw new Error(`no session: ${first}`)
}

/** A client that waits for its user learns of the end when it asks the next time. */
export async function untilCut({ until }: Stage, session: OpenSession): Promise<void> {
  await until('the cut', async () => {
    await session.ask('select 1')
    return !session.isOpen
  })
}

/** For psql to say goodbye; it may be in the middle of a statement. */
const CLOSING_MS = 5_000

/** The same psql for one statement; never throws. */
export function onDatabase({ exec }: Stage, statement: string): Promise<string> {
  const psql = ['psql', '-h', '/tmp', '-U', 'postgres', '-d', 'orders', '-X', '-A', '-t', '-v', 'ON_ERROR_STOP=1']
  return exec({ namespace: 'data', of: 'deployment/orders-db', container: 'postgres' }, ...psql, '-c', statement).then(
    ({ code, out, err }) => {
      if (code !== 0) throw new Error(`the database says: ${err}`)
      return out
    },
  )
}
