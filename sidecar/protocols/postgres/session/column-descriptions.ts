// What the target says of a statement's columns, read once: the same statement is described in the same bytes again and
// again, and reading them each time would cost more than forwarding them.
import type { Statement } from '../sql/statement.ts'
import { type Field, readRowDescription } from '../wire/messages.ts'

/** Names and types, for whoever replays the recording. */
export function describeColumns(fields: readonly Field[]): object {
  return { columns: fields.map(({ name, typeOid, format }) => ({ name, typeOid, format })) }
}

class Known {
  readonly #bytes: Buffer
  readonly fields: readonly Field[]
  readonly description: object

  constructor(bytes: Buffer) {
    this.#bytes = bytes
    this.fields = readRowDescription(bytes, 0, bytes.length)
    this.description = describeColumns(this.fields)
  }

  is(buffer: Buffer, start: number, end: number): boolean {
    const bytes = this.#bytes
    return bytes.length === end - start && buffer.compare(bytes, 0, bytes.length, start, end) === 0
  }
}

const known = new WeakMap<Statement, Known>()

/** The RowDescription in buffer[start, end). */
export function fieldsOf(statement: Statement, buffer: Buffer, start: number, end: number): readonly Field[] {
  return knownOf(statement, buffer, start, end).fields
}

/** The same object as long as the columns are the same. */
export function columnsOf(statement: Statement, buffer: Buffer, start: number, end: number): object {
  return knownOf(statement, buffer, start, end).description
}

function knownOf(statement: Statement, buffer: Buffer, start: number, end: number): Known {
  const before = known.get(statement)
  if (before?.is(buffer, start, end)) return before
  const now = new Known(Buffer.from(buffer.subarray(start, end)))
  known.set(statement, now)
  return now
}
