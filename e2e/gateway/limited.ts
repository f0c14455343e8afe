// Connections whose policy allows everything, within limits.
import { type AuditLine, allowing, type Served, type Spec, type Stage } from './stage.ts'

/** `onExceed` is Deny unless said otherwise. */
export function limited(...limits: readonly Spec[]): Served {
  return { policies: [allowing({ limits: limits.map((limit) => ({ onExceed: 'Deny', ...limit })) })] }
}

/** What the audit log says of limits that were reached on the connection of that name. */
export async function limitReports(stage: Stage, name: string): Promise<readonly AuditLine[]> {
  return (await stage.events('limit.exceeded')).filter((event) => event['policy'] === `data/${name}-0`)
}
