// Every action of a session, told to the audit stream and to the metrics. Told, never asked: nothing here can fail or wait.

import type { AuditSubject } from './audit/action-lines.ts'
import { auditAgent, auditSubject } from './audit/subject.ts'
import type { Observed, Observer } from './gate.ts'
import type { Agent } from './identity/agent.ts'
import type { Exceeded } from './policy/limits.ts'
import type { Services } from './services.ts'

export interface ObservedSession {
  readonly id: string
  readonly agent: Agent
  /** `namespace/name`. */
  readonly connection: string
  readonly protocol: string
  readonly policyHash: string
  readonly client?: string
}

export class SessionObserver implements Observer {
  readonly #services: Services
  readonly #session: ObservedSession
  readonly #subject: AuditSubject
  readonly #since: number
  #actions = 0

  constructor(services: Services, session: ObservedSession) {
    this.#services = services
    this.#session = session
    this.#subject = auditSubject(session.id, session.agent, session.connection)
    this.#since = services.now()
  }

  opened(): void {
    const { id, agent, connection, protocol, policyHash, client } = this.#session
    this.#services.counters.sessionsOpened++
    this.#services.counters.sessionsOpen++
    this.#services.audit.emit({
      type: 'session.opened',
      session: id,
      agent: auditAgent(agent),
      connection,
      protocol,
      policyHash,
      ...(client === undefined ? {} : { client }),
    })
  }

  closed(reason: string): void {
    const { id, agent, connection } = this.#session
    this.#services.counters.sessionsOpen--
    this.#services.audit.emit({
      type: 'session.closed',
      session: id,
      agent: auditAgent(agent),
      connection,
      reason,
      actions: this.#actions,
      durationMs: Math.max(0, Math.round(this.#services.now() - this.#since)),
    })
  }

  action(observed: Observed): void {
    const { action, decision, ordinal, rows, affected, bytes, masked, micros, error, outcome } = observed
    const { counters, audit } = this.#services
    if (observed.decisionMicros !== undefined) counters.decisionTime.observe(observed.decisionMicros)
    if (observed.addedMicros !== undefined) counters.addedLatency.observe(observed.addedMicros)
    this.#actions++
    counters.actions[decision.verdict]++
    counters.maskedValues += masked
    const code = error ?? (outcome === 'Ran' ? undefined : outcome.toLowerCase())
    audit.action({
      at: observed.at,
      subject: this.#subject,
      ordinal,
      shape: action.shape,
      decision,
      rows: rows > 0 ? rows : affected,
      bytes,
      masked,
      micros,
      code,
    })
    if (decision.verdict === 'RequireApproval') {
      const { policy, rule, reason } = decision
      audit.emit({
        type: 'approval.unavailable',
        session: this.#session.id,
        ordinal,
        ...(policy === undefined ? {} : { policy }),
        ...(rule === undefined ? {} : { rule }),
        reason,
      })
    }
  }

  limitExceeded({ limit }: Exceeded): void {
    this.#services.counters.limitsExceeded++
    this.#services.audit.emit({
      type: 'limit.exceeded',
      session: this.#session.id,
      policy: limit.policy,
      metric: limit.metric,
      per: limit.per,
      max: limit.max,
      onExceed: limit.onExceed,
      mode: limit.enforced ? 'Enforce' : 'Audit',
    })
  }
}
