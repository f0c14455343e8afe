// From an agent's socket to a session: what does it say first, do policies let it in, is there room.
//
// Until here nothing is recorded but that somebody was refused; from here on there is a recording, whatever becomes of it.
import type { Socket } from 'node:net'
import { auditAgent } from '#sidecar/audit/subject.ts'
import type { SessionGate } from '#sidecar/gate.ts'
import { hostPort } from '#sidecar/net/host-port.ts'
import { clientOf } from '#sidecar/net/peer.ts'
import { timeLimits } from '#sidecar/policy/limits.ts'
import type { Pair } from '#sidecar/policy/pair.ts'
import type { Services } from '#sidecar/services.ts'
import { guardSession } from '#sidecar/session-guard.ts'
import { SessionTimers } from '#sidecar/session-timers.ts'
import { connectAction } from './action.ts'
import { type Endpoint, isNameless, isPattern } from './endpoint.ts'
import { reset, sayAlert } from './farewell.ts'
import type { Greeting } from './greeting.ts'
import { type Lane, PROTOCOL } from './lane.ts'
import { limitsLost } from './limits-lost.ts'
import { ALERT, Refused } from './refused.ts'
import { MEDIA_TYPE } from './replay.ts'
import { Session } from './session.ts'

export interface OpenSession {
  readonly lane: Lane
  reconsider(): void
  end(reason: string): void
}

export interface SessionEvents {
  readonly opened: (session: OpenSession) => void
  readonly closed: (session: OpenSession) => void
}

/** What an agent wants of which Connection. */
export interface Wanted {
  readonly greeting: Greeting
  readonly endpoint: Endpoint
  readonly lane: Lane
}

/** Resolves when bytes pass, or nothing will. Throws Refused. */
export async function openSession(
  agent: Socket,
  wanted: Wanted,
  services: Services,
  events: SessionEvents,
): Promise<void> {
  const { lane, greeting, endpoint } = wanted
  const refused = (why: string): Refused => new Refused(why, greeting.tls ? ALERT.accessDenied : undefined)
  const pair = lane.pair()
  if (pair.denied !== undefined) throw refused(`${pair.denied}${withoutToken(lane)}`)
  const target = endpoint.upstream ?? { host: greeting.host, port: endpoint.port }
  if (isPattern(target.host) || isNameless(endpoint))
    throw refused(`nobody can tell which host of ${endpoint.pattern} is meant; dial it by its name`)
  const { host, tls, serverName } = greeting
  const details = {
    endpoint: hostPort(host, endpoint.port),
    upstream: hostPort(target.host, target.port),
    tls,
    ...(serverName === undefined ? {} : { sni: serverName }),
  }
  const about = { agent: services.agent, connection: lane.key, protocol: PROTOCOL, mediaType: MEDIA_TYPE }
  const guard = guardSession(services, { ...about, pair, socket: agent, details }, refused)
  const { gate } = guard
  const session = new Session({
    agent,
    greeting,
    target,
    resolve: services.resolve,
    action: connectAction({ host, port: endpoint.port, pattern: endpoint.pattern, tls, serverName }),
    gate,
    counted: (direction, bytes) => {
      services.counters[direction === 'toTarget' ? 'bytesFromAgents' : 'bytesToAgents'] += bytes
    },
    ended: (reason, error) => {
      timers.stop()
      guard.closed(reason, error)
      events.closed(open)
    },
  })
  const timers = new SessionTimers(gate, session, {
    // What is asked of a statement is asked of the connection, which is one.
    limitsOf: (metric, per) =>
      per === 'Statement'
        ? []
        : [...timeLimits(gate.pair.limits, metric, 'Session'), ...timeLimits(gate.pair.limits, metric, 'Statement')],
  })
  const open: OpenSession = {
    lane,
    reconsider: () => reconsider(session, gate, timers, lane.pair()),
    end: (reason) => session.end(`the gateway ends this session: ${reason}`),
  }
  guard.opened()
  events.opened(open)
  await session.run()
}

function reconsider(session: Session, gate: SessionGate, timers: SessionTimers, pair: Pair): void {
  const before = gate.pair
  if (pair === before || session.over) return
  gate.usePair(pair)
  timers.refresh()
  if (pair.denied !== undefined) session.end(pair.denied)
  else if (limitsLost(before.limits, pair.limits)) session.end(LIMITS_CHANGED)
  else session.reconsider()
}

const LIMITS_CHANGED =
  'limits were changed in a way that cannot be applied to an open connection; a new one is counted by those now in force'

function withoutToken(lane: Lane): string {
  return lane.wantsToken() ? ' (a policy asks for an identity token, and bytes passed through cannot carry one)' : ''
}

/** Tells the agent, the log and the audit stream. Never throws. */
export function turnAway(agent: Socket, error: Refused, lane: Lane | undefined, services: Services): void {
  const client = clientOf(agent)
  if (error.alert !== undefined) sayAlert(agent, error.alert)
  else reset(agent)
  services.counters.sessionsRefused++
  services.log.info({ error, connection: lane?.key }, 'a session was refused')
  services.audit.emit({
    type: 'session.refused',
    agent: auditAgent(services.agent),
    ...(lane === undefined ? {} : { connection: lane.key }),
    reason: error.message,
    ...client,
  })
}
