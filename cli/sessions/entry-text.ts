// Entries of a session as lines for people.
import type { DecodedResponse } from '#contracts/recording/decoder.ts'
import type { Entry, IntentEntry, OutcomeEntry } from '#contracts/recording/timeline.ts'
import type { FileReport } from '#contracts/recording/verify.ts'
import type { SessionReader } from './entries.ts'
import { printable } from './printable.ts'
import { agentText, table } from './report-text.ts'

const MAX_CELL = 60
const MAX_ROWS = 50

export function headLines(reader: SessionReader): string {
  const preamble = reader.preamble
  if (preamble === undefined) return `session ${reader.id}\n`
  const { startedAt, agent, connection, protocol, policyHash } = preamble
  return (
    `session ${printable(reader.id)}\n` +
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
      return `${at}  end: ${printable(String(entry.detail['reason'] ?? ''))}; ${totals(entry.detail)}\n`
    case 'event':
      return `${at}  ! ${printable(eventText(entry.detail))}\n`
  }
}

export function reportLines(report: FileReport): string {
  const signed =
    report.signed === undefined ? 'before its first checkpoint' : `since checkpoint at record ${report.signed.record}`
  const head =
    report.state === 'sealed'
      ? `sealed: ${report.records} records, every hash and signature fits`
      : report.state === 'open'
        ? `open-ended ${signed}: ${report.records} records, every hash fits`
        : 'ALTERED'
  const problems = report.problems.map(({ record, what }) => `  record ${record}: ${printable(what)}\n`).join('')
  return `\n${head}\n${problems}`
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
  return [String(type), ...members].join(', ')
}

function totals(detail: Readonly<Record<string, unknown>>): string {
  return `${Number(detail['intents'])} statements, ${Number(detail['outcomes'])} outcomes, ${Number(detail['dropped'])} records lost`
}

function elapsed(micros: number): string {
  return `+${(micros / 1e6).toFixed(3)}s`
}
