// From a hello to an open session: who is it, do policies let it in, with which settings, and then both logins.
//
// The agent is told that it is logged in only when the target has let the gateway in, so that a target that is down looks
// to the agent as it always did.
import { createHash, randomBytes } from 'node:crypto'
import { auditAgent } from '#sidecar/audit/subject.ts'
import type { SessionGate } from '#sidecar/gate.ts'
import type { Agent, User } from '#sidecar/identity/agent.ts'
import { TokenRefused, type Verified } from '#sidecar/identity/oidc.ts'
import { clientOf } from '#sidecar/net/peer.ts'
import type { ConnectionRef } from '#sidecar/policy/connection.ts'
import { timeLimits } from '#sidecar/policy/limits.ts'
import type { Pair } from '#sidecar/policy/pair.ts'
import { connectionKey, type Services } from '#sidecar/services.ts'
import { guardSession } from '#sidecar/session-guard.ts'
import { maskLost } from '#sidecar/session-masks.ts'
import { SessionTimers, type Timed } from '#sidecar/session-timers.ts'
import { type AgentLogin, authenticateAgent } from './login/authenticate.ts'
import { sayFatal } from './login/farewell.ts'
import type { Hello } from './login/hello.ts'
import { tokenHint } from './login/token-hint.ts'
import { welcome } from './login/welcome.ts'
import { MEDIA_TYPE } from './replay.ts'
import { Knowledge } from './session/knowledge.ts'
import { type RefusalText, Sqlstate } from './session/refusals.ts'
import { Session } from './session/session.ts'
import type { Lane } from './sharing.ts'
import { startupSettings } from './startup-settings.ts'
import { cancelUpstream } from './upstream/cancel.ts'
import { dialUpstream, type Upstream } from './upstream/dial.ts'
import { UpstreamFault } from './upstream/fault.ts'
import { PostgresFault } from './wire/fault.ts'

export const PROTOCOL = 'PostgreSQL'

export interface OpenSession {
  readonly lane: Lane
  /** In hex; the agent's alone. */
  readonly cancelKey: string
  cancel(pid: number): Promise<void>
  reconsider(): void
  end(reason: string): void
}

export interface SessionEvents {
  readonly opened: (session: OpenSession) => void
  readonly closed: (session: OpenSession) => void
}

/** Undefined: refused, and the agent was told why. */
export async function openSession(
  hello: Hello,
  lane: Lane,
  services: Services,
  events: SessionEvents,
): Promise<OpenSession | undefined> {
  let agent = services.agent
  let expiresAt: number | undefined
  try {
    const login = agentLogin(lane, services, (verified) => {
      expiresAt = verified.expiresAt
    })
    const { user, rest } = await authenticateAgent(hello, login)
    if (user) agent = { ...agent, user }
    return await new Opening({ hello, rest, lane, services, agent, expiresAt, events }).run()
  } catch (error) {
    const fault = asFault(error)
    services.counters.sessionsRefused++
    // What the target does not let happen is for whoever runs the gateway; what policies refuse is for the agent's developer.
    const level =
      error instanceof UpstreamFault && error.code !== 'aborted' && error.code !== 'refused' ? 'warn' : 'info'
    services.log[level]({ error: fault, connection: connectionKey(lane.connection) }, 'a session was refused')
    services.audit.emit({
      type: 'session.refused',
      agent: auditAgent(agent),
      connection: connectionKey(lane.connection),
      reason: fault.message,
      ...clientOf(hello.socket),
    })
    await sayFatal(hello.socket, fault)
    return undefined
  }
}

interface OpeningParts {
  readonly hello: Hello
  /** What the agent has sent behind its login. */
  readonly rest: Buffer
  readonly lane: Lane
  readonly services: Services
  readonly agent: Agent
  /** Milliseconds since the epoch: when the agent's token ends. */
  readonly expiresAt: number | undefined
  readonly events: SessionEvents
}

class Opening {
  readonly #hello: Hello
  readonly #rest: Buffer
  readonly #lane: Lane
  readonly #services: Services
  readonly #agent: Agent
  readonly #expiresAt: number | undefined
  readonly #events: SessionEvents

  constructor({ hello, rest, lane, services, agent, expiresAt, events }: OpeningParts) {
    this.#hello = hello
    this.#rest = rest
    this.#lane = lane
    this.#services = services
    this.#agent = agent
    this.#expiresAt = expiresAt
    this.#events = events
  }

  async run(): Promise<OpenSession> {
    const { problem } = this.#lane.connection
    if (problem !== undefined)
      throw refused(`Connection ${connectionKey(this.#lane.connection)} cannot be used: ${problem}`)
    const pair = this.#pair()
    if (pair.denied !== undefined) throw refused(pair.denied, pair.selected ? undefined : this.#tokenHint())
    const hub = this.#lane.hub(this.#hello.database)
    const gone = new AbortController()
    const leave = (): void => gone.abort()
    this.#hello.socket.once('close', leave)
    try {
      // The catalog of a database is read while the target checks the credential; for all but the first session it is there.
      const acquired = hub.acquire().catch((error) => {
        this.#lane.forget(this.#hello.database)
        throw error
      })
      const [, upstream] = await bothOrNeither(acquired, this.#dial(pair, gone.signal))
      try {
        return this.#open(pair, upstream)
      } catch (error) {
        upstream.socket.destroy()
        throw error
      }
    } catch (error) {
      hub.release()
      throw error
    } finally {
      this.#hello.socket.off('close', leave)
    }
  }

  #pair(): Pair {
    return this.#services.policies().pair(this.#agent, referenceTo(this.#lane))
  }

  #tokenHint(): string | undefined {
    return tokenHint(wantedProviders(this.#lane, this.#services), this.#agent.user, this.#hello)
  }

  async #dial(pair: Pair, signal: AbortSignal): Promise<Upstream> {
    const settings = startupSettings(this.#hello.settings, pair, this.#services.now())
    const startup = {
      database: this.#hello.database,
      parameters: settings.map(({ name, value }): [string, string] => [name, value]),
    }
    return dialUpstream(this.#lane.target, startup, { scramKeys: this.#lane.scramKeys, signal })
  }

  #open(pair: Pair, upstream: Upstream): OpenSession {
    const { lane, services, agent, hello } = {
      lane: this.#lane,
      services: this.#services,
      agent: this.#agent,
      hello: this.#hello,
    }
    const hub = lane.hub(hello.database)
    const guard = guardSession(
      services,
      {
        agent,
        connection: connectionKey(lane.connection),
        protocol: PROTOCOL,
        mediaType: MEDIA_TYPE,
        pair,
        socket: hello.socket,
        details: { database: hello.database, user: hello.user },
      },
      (message) => new PostgresFault({ sqlstate: '53300', message, hint: 'Close sessions that are not needed.' }),
    )
    const { gate } = guard
    const cancel = async (): Promise<void> => {
      if (upstream.backendKey) await cancelUpstream(lane.target, upstream.backendKey)
    }
    const session = new Session({
      agent: hello.socket,
      target: upstream.socket,
      gate,
      knowledge: new Knowledge(hub.keeper),
      workbench: hub.workbench,
      user: lane.target.credentials.username,
      estimate: (statement, path, parameterized) => hub.estimate(statement, path, parameterized),
      cancel,
      maxMessageBytes: lane.settings.maxMessageBytes,
      budget: services.memory,
      ended: (reason, error) => {
        timers.stop()
        hub.release()
        services.counters.bytesFromAgents += session.bytesIn
        services.counters.bytesToAgents += session.bytesOut
        guard.closed(reason, error)
        this.#events.closed(open)
      },
    })
    const timers = new SessionTimers(gate, timed(session), {
      limitsOf: (metric, per) => timeLimits(gate.pair.limits, metric, per),
      ...(this.#expiresAt === undefined ? {} : { expires: { at: this.#expiresAt, why: TOKEN_EXPIRED } }),
    })
    const backendKey = { pid: upstream.backendKey?.pid ?? 0, key: randomBytes(hello.minor >= 2 ? 32 : 4) }
    const open: OpenSession = {
      lane,
      cancelKey: backendKey.key.toString('hex'),
      cancel: async (pid) => {
        if (pid === backendKey.pid) await cancel()
      },
      reconsider: () => this.#reconsider(session, gate, timers),
      end: (reason) =>
        session.end({ sqlstate: Sqlstate.adminShutdown, message: `the gateway ends this session: ${reason}` }),
    }
    guard.opened()
    this.#events.opened(open)
    hello.socket.write(welcome({ parameters: upstream.parameters, backendKey, notices: upstream.notices }))
    session.start({ agent: this.#rest, target: upstream.rest })
    return open
  }

  /** Policies changed. A mask is never taken off an open session, and what is running is decided again. */
  #reconsider(session: Session, gate: SessionGate, timers: SessionTimers): void {
    const before = gate.pair
    const pair = this.#pair()
    if (pair === before || session.over) return
    const lost = maskLost(before.masks, pair.masks)
    const why = pair.denied ?? (lost && `mask ${lost.name} of policy ${lost.policy} was removed or covers less`)
    gate.usePair(pair)
    timers.refresh()
    if (why !== undefined) {
      session.end({
        sqlstate: Sqlstate.adminShutdown,
        message: why,
        // Who is denied altogether is not let in again.
        ...(pair.denied === undefined
          ? { hint: 'Connect again: a new session is decided under the policies now in force.' }
          : {}),
      })
      return
    }
    if (pair.hash !== before.hash) session.reconsider()
  }
}

/** The session as its clocks see it, which know no SQLSTATE. */
function timed(session: Session): Timed {
  const cancelled = (message: string): RefusalText => ({ sqlstate: Sqlstate.queryCanceled, message })
  return {
    get lastActivity() {
      return session.lastActivity
    },
    get runningSince() {
      return session.runningSince
    },
    stop: (why) => session.stop(cancelled(why)),
    end: (why) => session.end(cancelled(why)),
  }
}

const TOKEN_EXPIRED =
  'the identity token that this session was opened with has expired; connect again with a new one as the password'

function agentLogin(lane: Lane, services: Services, verified: (token: Verified) => void): AgentLogin {
  const providers = wantedProviders(lane, services)
  const password = lane.connection.credentials.get('agentPassword')
  if (providers.length > 0) {
    const verify = async (text: string): Promise<User> => {
      const token = await services.tokens().verify(text, providers)
      // The verifier forgives clocks that differ; a session does not outlive its token.
      if (token.expiresAt <= services.now()) throw new TokenRefused('it has expired')
      verified(token)
      return token.user
    }
    return { kind: 'token', verify, password }
  }
  if (password === undefined) return { kind: 'none' }
  // The same for every login of this password, so that its keys are derived once.
  const salt = createHash('sha256').update(`sallyport agent password\0${password}`).digest().subarray(0, 16)
  return { kind: 'password', password, salt, scramKeys: lane.scramKeys }
}

function wantedProviders(lane: Lane, services: Services): readonly string[] {
  return services.policies().wantsToken(services.agent, referenceTo(lane))
}

function referenceTo({ connection: { namespace, name, labels } }: Lane): ConnectionRef {
  return { namespace, name, labels, protocol: PROTOCOL }
}

/** The message says itself what is to be done: it differs for a suspended policy and for none at all. */
function refused(message: string, hint?: string): PostgresFault {
  return new PostgresFault({ sqlstate: '28000', message, ...(hint === undefined ? {} : { hint }) })
}

/** If one fails the other's result is not kept waiting for nobody. */
async function bothOrNeither<T>(first: Promise<T>, second: Promise<Upstream>): Promise<[T, Upstream]> {
  const [one, other] = await Promise.allSettled([first, second])
  if (one.status === 'fulfilled' && other.status === 'fulfilled') return [one.value, other.value]
  if (other.status === 'fulfilled') other.value.socket.destroy()
  // The target's own word on the session is clearer than a helper's.
  throw other.status === 'rejected' ? other.reason : one.status === 'rejected' ? one.reason : new Error('unreachable')
}

function asFault(error: unknown): PostgresFault {
  if (error instanceof PostgresFault) return error
  if (error instanceof UpstreamFault) return error.agent
  return new PostgresFault({ sqlstate: '08006', message: 'the gateway could not open the session' }, { cause: error })
}
