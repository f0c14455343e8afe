// `sessions show`: one session, statement by statement.
import type { Entry } from '#contracts/recording/timeline.ts'
import { printableJson } from '#sidecar/printable.ts'
import type { Outputs } from '../io.ts'
import { SessionReader, type View } from './entries.ts'
import { entryLines, headLines, reportLines } from './entry-text.ts'

export async function show(view: View, io: Outputs): Promise<number> {
  const reader = await SessionReader.open(view)
  const head = { type: 'session', ...reader.preamble, state: reader.verdict.state }
  io.stdout.write(view.json ? json(head) : headLines(reader))
  for await (const entry of reader.entries())
    io.stdout.write(view.json ? json(jsonEntry(reader, entry)) : entryLines(reader, entry, undefined))
  const { state, records, signed, torn, problems } = reader.verdict
  io.stdout.write(
    view.json ? json({ type: 'verification', state, records, signed, torn, problems }) : reportLines(reader.verdict),
  )
  return state === 'altered' ? 1 : 0
}

function jsonEntry(reader: SessionReader, entry: Entry): unknown {
  const time = new Date(entry.time / 1000).toISOString()
  if (entry.type === 'intent') {
    const { text: _text, values: _values, shape, ...rest } = entry
    const parameters = reader.parameters(entry)
    return {
      ...rest,
      time,
      ...shape,
      text: reader.text(entry),
      ...(parameters === undefined ? {} : { values: parameters }),
    }
  }
  if (entry.type === 'response' || entry.type === 'outcome') {
    const { captured, columns, ...rest } = entry
    const response = captured.length === 0 ? undefined : reader.decode(captured, columns)
    const digest =
      'beyondDigest' in rest && rest.beyondDigest !== ''
        ? { beyondDigest: Buffer.from(rest.beyondDigest, 'latin1').toString('hex') }
        : {}
    return { ...rest, ...digest, time, capturedBytes: captured.length, ...(response === undefined ? {} : { response }) }
  }
  return { ...entry, time }
}

function json(value: unknown): string {
  return `${printableJson(value)}\n`
}
