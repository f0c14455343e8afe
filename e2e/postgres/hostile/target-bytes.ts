// What a hostile or broken server may answer. SECRET stands for a value the agent may not see.
import { serialize } from 'pg-protocol'
import { seeded } from '../leak/random.ts'
import { message } from '../raw.ts'
import { SECRET } from './setup.ts'

export interface Answer {
  readonly bytes: Buffer
  /** Closes the connection behind them. */
  readonly close?: boolean
}

const int16 = (...values: readonly number[]) => {
  const bytes = Buffer.alloc(values.length * 2)
  values.forEach((value, i) => {
    bytes.writeInt16BE(value, i * 2)
  })
  return bytes
}
const int32 = (...values: readonly number[]) => {
  const bytes = Buffer.alloc(values.length * 4)
  values.forEach((value, i) => {
    bytes.writeInt32BE(value, i * 4)
  })
  return bytes
}

const ready = message('Z', 'I')
const column = (name: string) =>
  Buffer.concat([Buffer.from(`${name}\0`), int32(0), int16(0), int32(25), int16(-1), int32(-1), int16(0)])
const description = (...names: readonly string[]) => message('T', int16(names.length), ...names.map(column))
const row = (...cells: readonly string[]) =>
  message('D', int16(cells.length), ...cells.flatMap((cell) => [int32(Buffer.byteLength(cell)), cell]))
const complete = message('C', 'SELECT 1\0')
const all = (...parts: readonly Buffer[]): Answer => ({ bytes: Buffer.concat(parts) })

/** Answers to `select id, secret, plain from known`. */
export const TARGET_ANSWERS: Readonly<Record<string, Answer>> = {
  'a message that says it is 2 GB': all(Buffer.from('547fffffff', 'hex'), Buffer.alloc(100_000, SECRET)),
  'a message of length 0': all(Buffer.from('5400000000', 'hex')),
  'a message of length 3': all(Buffer.from('4400000003', 'hex'), Buffer.from(SECRET)),
  'a type that does not exist': all(message('!', SECRET), ready),
  'a type that only agents send': all(message('P', SECRET), ready),
  'rows that nobody described': all(row('1', SECRET, 'plain'), complete, ready),
  'more cells than columns': all(description('id', 'secret', 'plain'), row('1', 'x', 'plain', SECRET), complete, ready),
  'fewer cells than columns': all(description('id', 'secret', 'plain'), row(SECRET), complete, ready),
  'a cell longer than its row': all(
    description('id', 'secret', 'plain'),
    message('D', int16(3), int32(1), '1', int32(5000), SECRET),
    complete,
    ready,
  ),
  'a cell of length -2': all(
    description('id', 'secret', 'plain'),
    message('D', int16(3), int32(1), '1', int32(-2), SECRET),
    complete,
    ready,
  ),
  'bytes behind the last cell': all(
    description('id', 'secret', 'plain'),
    message('D', int16(3), int32(1), '1', int32(1), 'x', int32(1), 'x', SECRET),
    complete,
    ready,
  ),
  'a row without a count': all(description('id', 'secret', 'plain'), message('D'), complete, ready),
  // A server that lies about which of its columns it sends cannot be caught; it must not bring the gateway down.
  'columns in another order': all(description('secret', 'id', 'plain'), row('x', '1', 'plain'), complete, ready),
  'fewer columns than the statement has': all(description('secret'), row(SECRET), complete, ready),
  'a description that promises 32,767 columns': all(
    message('T', int16(32767), column('a')),
    row(SECRET),
    complete,
    ready,
  ),
  'a description without a terminator': all(message('T', int16(1), SECRET), complete, ready),
  'a second description in the middle': all(
    description('id', 'secret', 'plain'),
    row('1', 'x', 'p'),
    description('other'),
    row(SECRET),
    complete,
    ready,
  ),
  'a copy that nobody asked for': all(
    message('H', Buffer.from([0]), int16(0)),
    message('d', `${SECRET}\n`),
    message('c'),
    complete,
    ready,
  ),
  'a copy in that nobody asked for': all(message('G', Buffer.from([0]), int16(0)), ready),
  'another result behind ReadyForQuery': all(
    description('id', 'secret', 'plain'),
    row('1', 'x', 'p'),
    complete,
    ready,
    description('a'),
    row(SECRET),
    complete,
    ready,
  ),
  'ReadyForQuery again and again': all(...Array.from({ length: 1000 }, () => ready)),
  'ReadyForQuery in a status that does not exist': all(complete, message('Z', '?')),
  'a question for the password in clear': all(message('R', int32(3)), ready),
  'a question for SCRAM in the middle': all(message('R', int32(10), 'SCRAM-SHA-256\0\0'), ready),
  'another client_encoding': all(
    message('S', 'client_encoding\0SJIS\0'),
    description('id', 'secret', 'plain'),
    row('1', SECRET, 'p'),
    complete,
    ready,
  ),
  'standard_conforming_strings off': all(
    message('S', 'standard_conforming_strings\0off\0'),
    description('id', 'secret', 'plain'),
    row('1', SECRET, 'p'),
    complete,
    ready,
  ),
  'a parameter that holds the value': all(message('S', `application_name\0${SECRET}\0`), complete, ready),
  'a notification that holds the value': all(message('A', int32(1), `news\0${SECRET}\0`), complete, ready),
  'a notice that holds the value': all(message('N', `SNOTICE\0C00000\0M${SECRET}\0D${SECRET}\0\0`), complete, ready),
  'an error that holds the value': all(
    message('E', `SERROR\0VERROR\0C22P02\0M${SECRET}\0H${SECRET}\0W${SECRET}\0\0`),
    ready,
  ),
  'an error with a field nobody knows': all(message('E', `SERROR\0VERROR\0C22P02\0Mx\0?${SECRET}\0\0`), ready),
  'an error without a terminator': all(message('E', `SERROR\0M${SECRET}`), ready),
  'an error without a code': all(message('E', `M${SECRET}\0\0`), ready),
  'a command tag that nobody knows': all(message('C', 'NONSENSE 1\0'), ready),
  'a command tag without a terminator': all(message('C', 'SELECT 1'), ready),
  'half a message, then the end': { bytes: row('1', 'x', 'p').subarray(0, 9), close: true },
  'half a header, then the end': { bytes: Buffer.from([0x44, 0, 0]), close: true },
  'nothing, then the end': { bytes: Buffer.alloc(0), close: true },
  'an agent’s own query': all(serialize.query('select 1')),
  ...random(),
}

function random(): Readonly<Record<string, Answer>> {
  const source = seeded(13)
  const answers: Record<string, Answer> = {}
  for (let n = 0; n < 15; n++) {
    const bytes = Buffer.from(Array.from({ length: 1 + source.below(600) }, () => source.below(256)))
    answers[`random bytes, ${n}`] = { bytes, close: true }
  }
  return answers
}
