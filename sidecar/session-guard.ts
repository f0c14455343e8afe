// What every session has around it, whatever its protocol: a number, limits, a recording, a gate, and one end to all of them.
import type { Socket } from 'node:net'
import { SessionGate } from './gate.ts'
import { type Agent, countedFor } from './identity/agent.ts'
import { clientOf } from './net/peer.ts'
import { limitReached } from './policy/explain-refusal.ts'
import type { Pair } from './policy/pair.ts'
import { newSessionId } from './recorder/session-id.ts'
import type { Services } from './services.ts'
import { SessionObserver } from './session-observer.ts'

export interface Guarded {
  readonly agent: Agent
  /** `namespace/name`. */
  readonly connection: string
  readonly protocol: string
  /** Names the decoder for captured responses: `application/vnd.sallyport.…`. */
  readonly mediaType: string
  readonly pair: Pair
  /** The agent's end. */
  readonly socket: Socket
  /** What else the recording says of the session. No secrets. */
  readonly details: Readonly<Record<string, unknown>>
}

export interface SessionGuard {
  readonly id: string
  readonly gate: SessionGate
  /** The session begins: told to audit and metrics. */
  opened(): void
  /** To be called once, when the session is over: it is told and counted no more, and its recording is sealed. */
  closed(reason: string, error?: unknown): void
}

/** `full`: what is thrown where a limit lets no more sessions in, for the reason given. */
export function guardSession(services: Services, guarded: Guarded, full: (why: string) => Error): SessionGuard {
  const { agent, connection, protocol, mediaType, pair, socket, details } = guarded
  const id = newSessionId(new Date(services.now()))
  const client = clientOf(socket)
  const about = { id, agent, connection, protocol, policyHash: pair.hash, ...client }
  const observer = new SessionObserver(services, about)
  const limits = services.limits.session(pair.limits, countedFor(agent), (exceeded) => observer.limitExceeded(exceeded))
  const exceeded = limits.open(services.now())
  if (exceeded) throw full(limitReached(exceeded.limit))
  const recorder = services.recorder.session(
    { ...about, mediaType, details: { ...details, ...client } },
    pair.recording,
  )
  return {
    id,
    gate: new SessionGate({ pair, recorder, limits, observer, now: services.now }),
    opened: () => observer.opened(),
    closed(reason, error) {
      if (error !== undefined) services.log.info({ error, session: id }, 'a session ended with an error')
      limits.close(services.now())
      observer.closed(reason)
      recorder
        .close(reason)
        .catch((failure) => services.log.error({ error: failure, session: id }, 'a recording could not be sealed'))
    },
  }
}
