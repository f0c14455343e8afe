// Opens a session on a target: connects, secures, logs in, and waits for the first ReadyForQuery.
import type { Socket } from 'node:net'
import { ChunkReader } from '#sidecar/net/chunk-reader.ts'
import { messageOf } from '#sidecar/system-reason.ts'
import { MessageReader } from '../wire/message-reader.ts'
import { startupMessage } from '../wire/startup-messages.ts'
import { WireError } from '../wire/wire-error.ts'
import { Authentication } from './authenticate.ts'
import { type Connected, connectTarget, orDestroyed } from './connect.ts'
import { UpstreamFault } from './fault.ts'
import { type Greeted, Greeting } from './greeting.ts'
import type { DialOptions, Startup, Target } from './target.ts'

export interface Upstream extends Greeted {
  readonly socket: Socket
  /** What the server has sent behind its first ReadyForQuery; mostly nothing. */
  readonly rest: Buffer
}

const DEFAULT_MILLISECONDS = 15_000

export async function dialUpstream(target: Target, startup: Startup, options: DialOptions): Promise<Upstream> {
  const until = performance.now() + (target.milliseconds ?? DEFAULT_MILLISECONDS)
  const { signal } = options
  try {
    const connected = await connectTarget(target, { until, signal })
    const { socket } = connected
    return await orDestroyed(socket, signal, () => logIn({ target, startup, connected, options, until }))
  } catch (error) {
    if (signal?.aborted)
      throw UpstreamFault.of('aborted', target, 'was not waited for: who asked for it has gone', error)
    throw asFault(target, error)
  }
}

interface Login {
  readonly target: Target
  readonly startup: Startup
  readonly connected: Connected
  readonly options: DialOptions
  /** When to give up, on the clock of `performance.now()`. */
  readonly until: number
}

async function logIn(login: Login): Promise<Upstream> {
  const chunks = new ChunkReader(login.connected.socket, {
    milliseconds: Math.max(1, login.until - performance.now()),
    late: () => UpstreamFault.of('timeout', login.target, 'did not finish the login in time'),
  })
  try {
    return await converse(login, new MessageReader(chunks, longest))
  } finally {
    chunks.release()
  }
}

async function converse({ target, startup, connected, options }: Login, messages: MessageReader): Promise<Upstream> {
  const { socket } = connected
  const minor = startup.minor ?? 0
  socket.write(startupMessage(minor, startupParameters(target, startup)))
  const authentication = new Authentication(target, connected, options.scramKeys)
  const greeting = new Greeting(target, minor)
  for (;;) {
    const message = await messages.next()
    if (!message) throw UpstreamFault.of('unreachable', target, 'closed the connection during the login')
    if (message.type !== 'R') {
      if (greeting.take(message) === 'ready') return { socket, rest: messages.rest, ...greeting.result() }
      continue
    }
    const answer = await authentication.take(message.body)
    if (answer === 'done') greeting.authenticated()
    else if (answer) socket.write(answer)
  }
}

/** libpq's bounds (PQconnectPoll in fe-connect.c): MAX_ERRLEN for errors and notices, 2,000 for everything else in a login. */
function longest(type: string): number {
  return type === 'E' || type === 'N' ? 30_000 : 2_000
}

/** The two that decide how text is read are ours, and are the last word. */
function startupParameters(target: Target, startup: Startup): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>([
    ['user', target.credentials.username],
    ['database', startup.database],
  ])
  for (const [name, value] of startup.parameters) {
    const known = name.toLowerCase()
    if (['user', 'database', 'replication', 'options'].includes(known) || known.startsWith('_pq_.')) {
      throw new TypeError(`startup parameter ${name} is not a setting`)
    }
    parameters.set(name, value)
  }
  for (const name of [...parameters.keys()]) {
    if (['client_encoding', 'standard_conforming_strings'].includes(name.toLowerCase())) parameters.delete(name)
  }
  return parameters.set('client_encoding', 'UTF8').set('standard_conforming_strings', 'on')
}

function asFault(target: Target, error: unknown): UpstreamFault {
  if (error instanceof UpstreamFault) return error
  if (error instanceof RangeError || error instanceof WireError) {
    return UpstreamFault.of('protocol', target, `does not speak PostgreSQL's protocol: ${error.message}`, error)
  }
  const why = messageOf(error)
  return UpstreamFault.of('unreachable', target, `broke off the login: ${why}`, error)
}
