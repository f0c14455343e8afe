// What `list` and `verify` print for people.
import { isMembers, textIn } from '#contracts/recording/members.ts'
import type { Problem } from '#contracts/recording/verify.ts'
import { printable } from '#sidecar/printable.ts'
import { byText } from '../by-text.ts'
import type { SessionState } from './judge.ts'
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
  return table([['SESSION', 'STARTED', 'AGENT', 'CONNECTION', 'STATEMENTS', 'STATE'], ...rows.map(printableCells)])
}

export function verifyText({ sessions, problems }: StateReport): string {
  const lines = sessions.map(
    (session) => `${printable(session.session)}  ${verdictText(session)}\n${problemLines(session).join('')}`,
  )
  const manifest = problems.map(
    ({ file, record, what }) =>
      `${printable(file)}  altered: ${record === 0 ? '' : `record ${record}: `}${printable(what)}\n`,
  )
  const count = (state: string): number => sessions.filter((session) => session.state === state).length
  const sums = `${sessions.length} ${sessions.length === 1 ? 'session' : 'sessions'}: ${count('sealed')} sealed, ${count('open')} open-ended, ${count('unlisted')} unlisted, ${count('altered')} altered, ${count('missing')} missing${count('unreadable') === 0 ? '' : `, ${count('unreadable')} unreadable`}\n`
  return [...lines, ...manifest, sums, conclusion({ sessions, problems })].join('')
}

/** Whether everything that a signature covers is as it was written. */
export function isSound({ sessions, problems }: StateReport): boolean {
  return problems.length === 0 && sessions.every(({ state }) => !UNSOUND.includes(state))
}

const UNSOUND: readonly SessionState[] = ['altered', 'missing', 'unreadable']

function conclusion(report: StateReport): string {
  if (!isSound(report)) return 'NOT what was recorded\n'
  const open = report.sessions.filter(({ state }) => state !== 'sealed').length
  return open === 0
    ? 'every record is as it was written\n'
    : `every signed record is as it was written; of ${open === 1 ? 'the session' : `the ${open} sessions`} without an end or a place in the manifest only these are proven\n`
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
      return `not in the manifest: cut within its first moments, or put here; ${session.records} records${torn}`
    default:
      return session.state
  }
}

function problemLines({ state, problems }: SessionReport): readonly string[] {
  const ofFile = state === 'missing' || state === 'unreadable'
  return problems.map((problem) => (ofFile ? `  ${printable(problem.what)}\n` : problemLine(problem)))
}

export function problemLine({ record, what }: Problem): string {
  return `  ${record === 0 ? 'preamble' : `record ${record}`}: ${printable(what)}\n`
}

export function agentText(agent: unknown): string {
  if (!isMembers(agent)) return ''
  const { user } = agent
  const person = isMembers(user) ? ` for ${textIn(user, 'username')} (${textIn(user, 'provider')})` : ''
  return printable(`${textIn(agent, 'namespace')}/${textIn(agent, 'serviceAccount')}${person}`)
}

export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    rows.reduce((width, row) => Math.max(width, row[column]?.length ?? 0), 0),
  )
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()
  return rows.map((row) => `${line(row)}\n`).join('')
}

function printableCells(row: readonly string[]): readonly string[] {
  return row.map(printable)
}
