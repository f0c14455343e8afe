// Connections whose policy allows everything, within limits, and what comes of a message to them.
import { errorFields, type RawConnection } from '../postgres/raw.ts'
import { type AuditLine, allowing, type Served, type Spec, type Stage } from './stage.ts'

/** A thousand numbers, and two tables to write to. */
export const TABLES =
  'create table numbers (n int); insert into numbers select generate_series(1, 1000); create table written (n int); create table few (n int)'

/** `onExceed` is Deny unless said otherwise. */
export function limited(...limits: readonly Spec[]): Served {
  return { policies: [allowing({ limits: limits.map((limit) => ({ onExceed: 'Deny', ...limit })) })] }
}

/** What the audit log says of limits that were reached on the connection of that name. */
export async function limitReports(stage: Stage, name: string): Promise<readonly AuditLine[]> {
  return (await stage.events('limit.exceeded')).filter((event) => event['policy'] === `data/${name}-0`)
}

/** Rows that arrive and the error behind them. */
export async function drain(
  session: RawConnection,
  bytes: Uint8Array,
): Promise<{ rows: number; error: string; status: string }> {
  session.send(bytes)
  const messages = await session.until('Z')
  const error = messages.find(({ type }) => type === 'E')
  return {
    rows: messages.filter(({ type }) => type === 'D' || type === 'd').length,
    error: error ? (errorFields(error.body)['M'] ?? '') : '',
    status: messages.at(-1)?.type === 'Z' ? (messages.at(-1)?.body.toString() ?? '') : 'closed',
  }
}
