// Who acts where, as audit events say it. Labels stay out: the pod's author chooses them, and they may say anything.
import type { AuditAgent } from '#contracts/audit/event.ts'
import type { Agent } from '#sidecar/identity/agent.ts'
import { printableJson } from '#sidecar/printable.ts'
import type { AuditSubject } from './action-lines.ts'

export function auditAgent(agent: Agent): AuditAgent {
  return {
    namespace: agent.namespace,
    serviceAccount: agent.serviceAccount,
    ...(agent.pod === undefined ? {} : { pod: agent.pod }),
    ...(agent.user === undefined ? {} : { user: { provider: agent.user.provider, username: agent.user.username } }),
  }
}

export function auditSubject(session: string, agent: Agent, connection: string): AuditSubject {
  return { json: Buffer.from(printableJson({ session, agent: auditAgent(agent), connection }).slice(1, -1)) }
}
