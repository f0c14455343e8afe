// What `list` and `verify` print for people.
import { byText } from '../by-text.ts'
import { printable } from './printable.ts'
import type { SessionReport, StateReport } from './verify-state.ts'

export function listText({ sessions }: StateReport): string {
  if (sessions.length === 0) return 'no sessions are recorded\n'
  // An id holds the second only.
  const inOrder = [...sessions].sort((a, b) => byText(a.startedAt ?? '', b.startedAt ?? ''))
  const rows = inOrder.map((session) => [
    session.session,
    session.startedAt ?? '',
    agentText(session.agent),
    session.connection ?? '',
    `${session.statements}`,
    session.state,
  ])
  return table([['SESSION', 'STARTED', 'AGENT', 'CONNECTION', 'STATEMENTS', 'STATE'], ...rows])
}

export function verifyText({ sessions, problems }: StateReport): string {
  const lines = sessions.map(
    (session) => `${session.session}  ${verdictText(session)}\n${session.problems.map(problemText).join('')}`,
  )
  const manifest = problems.map(
    ({ file, record, what }) => `${file}  altered: ${record === 0 ? '' : `record ${record}: `}${what}\n`,
  )
  const bad = sessions.filter(({ state }) => state === 'altered' || state === 'missing').length
  const count = (state: string): number => sessions.filter((session) => session.state === state).length
  const sums = `${sessions.length} ${sessions.length === 1 ? 'session' : 'sessions'}: ${count('sealed')} sealed, ${count('open')} open-ended, ${count('unlisted')} unlisted, ${count('altered')} altered, ${count('missing')} missing\n`
  const conclusion = bad > 0 || problems.length > 0 ? 'NOT what was recorded\n' : 'every record is as it was written\n'
  return [...lines, ...manifest, sums, conclusion].map(printableLines).join('')
}

function verdictText(session: SessionReport): string {
  const signed =
    session.signedUpTo === undefined
      ? 'before its first checkpoint'
      : `since checkpoint at record ${session.signedUpTo}`
  const torn =
    session.tornBytes === undefined ? '' : `; record ${session.records + 1} is cut off after ${session.tornBytes} bytes`
  switch (session.state) {
    case 'sealed':
      return `sealed, ${session.records} records`
    case 'open':
      return `open-ended ${signed}, ${session.records} records${torn}`
    case 'unlisted':
      return `open-ended and not in the manifest: cut within its first moments, or put here; ${session.records} records${torn}`
    default:
      return session.state
  }
}

function problemText({ record, what }: { readonly record: number; readonly what: string }): string {
  return `  ${record === 0 ? 'preamble' : `record ${record}`}: ${what}\n`
}

export function agentText(agent: unknown): string {
  if (typeof agent !== 'object' || agent === null) return ''
  const namespace = 'namespace' in agent ? String(agent.namespace) : ''
  const account = 'serviceAccount' in agent ? String(agent.serviceAccount) : ''
  return printable(`${namespace}/${account}`)
}

export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)))
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()
  return rows.map((row) => `${line(row)}\n`).join('')
}

function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n')
}
