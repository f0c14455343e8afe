// Entries of a session as lines for people.
import type { DecodedResponse } from '#contracts/recording/decoder.ts'
import { numberIn, textIn } from '#contracts/recording/members.ts'
import type { Entry, IntentEntry, OutcomeEntry } from '#contracts/recording/timeline.ts'
import { printable } from '#sidecar/printable.ts'
import type { SessionReader, Verdict } from './entries.ts'
import { agentText, problemLine, table } from './report-text.ts'

const MAX_CELL = 60
const MAX_ROWS = 50

export function headLines(reader: SessionReader): string {
  const { preamble, verdict } = reader
  const warning =
    verdict.state === 'altered' ? 'ALTERED: what follows is not what was recorded; the end says where\n' : ''
  if (preamble === undefined) return `${warning}session ${printable(reader.id)}\n`
  const { startedAt, agent, connection, protocol, policyHash } = preamble
  return (
    `${warning}session ${printable(reader.id)}\n` +
    `  ${agentText(agent)} on ${printable(connection)} (${printable(protocol)}), ${printable(startedAt)}, policies ${printable(policyHash.slice(0, 16))}\n\n`
  )
}

/** `since`: times are given since then; otherwise as of the day. */
export function entryLines(reader: SessionReader, entry: Entry, since: number | undefined): string {
  const at = since === undefined ? new Date(entry.time / 1000).toISOString().slice(11, 23) : elapsed(entry.time - since)
  switch (entry.type) {
    case 'intent':
      return intentLines(reader, entry, at)
    case 'response':
      return responseLines(reader.decode(entry.captured, entry.columns), entry.ordinal)
    case 'outcome':
      return outcomeLines(reader, entry, at)
    case 'start':
    case 'checkpoint':
    case 'listed':
    case 'sealed':
      return ''
    case 'end':
      return `${at}  end: ${printable(textIn(entry.detail, 'reason'))}; ${totals(entry.detail)}\n`
    case 'event':
      return `${at}  ! ${printable(eventText(entry.detail))}\n`
  }
}

export function reportLines(verdict: Verdict): string {
  const problems = verdict.problems.map(problemLine).join('')
  return `\n${verdictLine(verdict)}\n${problems}`
}

function verdictLine({ state, records, signed }: Verdict): string {
  const since =
    signed === undefined
      ? 'before its first checkpoint, nothing of it is signed'
      : `since checkpoint at record ${signed.record}, the last that is signed`
  switch (state) {
    case 'sealed':
      return `sealed: ${records} records, every hash and signature fits`
    case 'open':
      return `open-ended ${since}: ${records} records, every hash fits`
    case 'unlisted':
      return `not in the manifest: cut within its first moments, or put here; ${records} records, every hash fits`
    default:
      return 'ALTERED'
  }
}

function intentLines(reader: SessionReader, intent: IntentEntry, at: string): string {
  const { decision, shape } = intent
  const by =
    decision?.policy === undefined
      ? ''
      : ` by ${decision.policy}${decision.rule === undefined ? '' : `/${decision.rule}`}`
  const masks =
    intent.masks.length === 0 ? '' : `; masks ${intent.masks.map(({ policy, name }) => `${policy}/${name}`).join(', ')}`
  const values = reader.parameters(intent)
  const parameters =
    values === undefined
      ? countText(intent.parameters)
      : `  parameters: ${values.map((value) => value ?? 'null').join(', ')}`
  const reason = decision !== undefined && decision.verdict !== 'Allow' ? `\n        ${printable(decision.reason)}` : ''
  const text = reader.text(intent) || `${shape?.verb ?? '?'} (text not recorded)`
  return (
    `${at}  #${intent.ordinal} > ${printable(text)}${printable(parameters)}\n` +
    `        ${printable(`${decision?.verdict ?? '?'}${by}${masks}`)}${reason}\n`
  )
}

function countText(parameters: number): string {
  return parameters === 0 ? '' : `  (${parameters} parameter${parameters === 1 ? '' : 's'})`
}

function outcomeLines(reader: SessionReader, outcome: OutcomeEntry, at: string): string {
  const response =
    outcome.captured.length === 0
      ? ''
      : responseLines(reader.decode(outcome.captured, outcome.columns), outcome.ordinal)
  const facts = [
    outcome.code === '' ? undefined : `error ${outcome.code}`,
    `${outcome.rows} rows`,
    `${outcome.bytes} bytes`,
    outcome.masked === 0 ? undefined : `${outcome.masked} values masked`,
    outcome.beyondBytes === 0
      ? undefined
      : `${outcome.beyondBytes} bytes not kept, digest ${Buffer.from(outcome.beyondDigest, 'latin1').toString('hex')}`,
    outcome.micros === undefined ? undefined : `${(outcome.micros / 1000).toFixed(1)} ms`,
  ]
  return `${response}${at}  #${outcome.ordinal} = ${printable(facts.filter((fact) => fact !== undefined).join(', '))}\n`
}

function responseLines({ columns, rows, notes }: DecodedResponse, ordinal: number): string {
  const cell = (value: string | null): string => {
    const text = printable(value ?? 'null')
    return text.length > MAX_CELL ? `${text.slice(0, MAX_CELL - 1)}…` : text
  }
  const shown = rows.slice(0, MAX_ROWS).map((row) => row.map(cell))
  const grid = columns.length === 0 && shown.length === 0 ? '' : table([columns.map(cell), ...shown])
  const more = rows.length > MAX_ROWS ? `… ${rows.length - MAX_ROWS} rows more\n` : ''
  const said = notes.map((note) => `${printable(note)}\n`).join('')
  return `${grid}${more}${said}`.replace(/^(?=.)/gmu, `        #${ordinal} < `)
}

function eventText({ type, ...detail }: Readonly<Record<string, unknown>>): string {
  const members = Object.entries(detail).map(
    ([name, value]) => `${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`,
  )
  return [typeof type === 'string' ? type : '?', ...members].join(', ')
}

function totals(detail: Readonly<Record<string, unknown>>): string {
  return `${numberIn(detail, 'intents')} statements, ${numberIn(detail, 'outcomes')} outcomes, ${numberIn(detail, 'dropped')} records lost`
}

function elapsed(micros: number): string {
  return `+${(micros / 1e6).toFixed(3)}s`
}
