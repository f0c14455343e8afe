// Readers of single messages: what pg-protocol writes is read back, and everything that is not exactly a message is refused.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import pgProtocol from 'pg-protocol'
import * as read from './messages.ts'
import { message } from './server-messages.ts'
import { WireError } from './wire-error.ts'

const { serialize } = pgProtocol
const whole = <T>(reader: (buffer: Buffer, start: number, end: number) => T, bytes: Buffer): T =>
  reader(bytes, 0, bytes.length)

describe('what an independent implementation writes is read as it was meant', () => {
  test('Query', () => {
    assert.equal(whole(read.readQuery, serialize.query('select ’x’')), 'select ’x’')
  })
  test('Parse', () => {
    const bytes = serialize.parse({ name: 's', text: 'select $1', types: [23, 25] })
    assert.deepEqual(whole(read.readParse, bytes), { name: 's', text: 'select $1', types: [23, 25] })
  })
  test('Bind with text, binary and null', () => {
    const bytes = serialize.bind({
      portal: 'p',
      statement: 's',
      values: ['a', null, Buffer.from([1, 2])],
      binary: true,
    })
    const bind = whole(read.readBind, bytes)
    assert.equal(bind.portal, 'p')
    assert.equal(bind.statement, 's')
    assert.equal(bind.count, 3)
    assert.deepEqual(read.splitValues(bind.values), [Buffer.from('a'), null, Buffer.from([1, 2])])
    assert.deepEqual(bind.formats, [0, 0, 1])
  })
  test('Describe and Close', () => {
    assert.deepEqual(whole(read.readTarget, serialize.describe({ type: 'P', name: 'p' })), {
      kind: 'portal',
      name: 'p',
    })
    assert.deepEqual(whole(read.readTarget, serialize.close({ type: 'S', name: '' })), { kind: 'statement', name: '' })
  })
  test('Execute', () => {
    assert.deepEqual(whole(read.readExecute, serialize.execute({ portal: 'p', rows: 7 })), { portal: 'p', maxRows: 7 })
  })
})

const SAMPLES: Readonly<Record<string, readonly [(buffer: Buffer, start: number, end: number) => unknown, Buffer]>> = {
  Query: [read.readQuery, serialize.query('select 1')],
  Parse: [read.readParse, serialize.parse({ name: 'a', text: 'select $1', types: [1, 2] })],
  Bind: [read.readBind, serialize.bind({ values: ['x', null] })],
  Describe: [read.readTarget, serialize.describe({ type: 'S', name: 'a' })],
  Execute: [read.readExecute, serialize.execute({})],
  FunctionCall: [read.readFunctionCall, message('F', Buffer.from([0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 65, 0, 0]))],
  RowDescription: [
    read.readRowDescription,
    message(
      'T',
      Buffer.from([0, 1]),
      Buffer.from('c\0'),
      Buffer.from([0, 0, 0, 9, 0, 2, 0, 0, 0, 25, 255, 255, 255, 255, 255, 255, 0, 1]),
    ),
  ],
  ParameterDescription: [read.readParameterDescription, message('t', Buffer.from([0, 1, 0, 0, 0, 23]))],
  ParameterStatus: [read.readParameterStatus, message('S', Buffer.from('a\0b\0'))],
  ErrorResponse: [read.readErrorFields, message('E', Buffer.from('SERROR\0C42601\0\0'))],
  CopyOutResponse: [read.readCopyResponse, message('H', Buffer.from([0, 0, 1, 0, 0]))],
  ReadyForQuery: [read.readReadyForQuery, message('Z', Buffer.from('T'))],
}

describe('a message is read only if it is exactly one', () => {
  for (const [name, [reader, bytes]] of Object.entries(SAMPLES)) {
    test(`${name}: as it is`, () => {
      assert.doesNotThrow(() => reader(bytes, 0, bytes.length))
    })
    test(`${name}: the same inside a larger buffer`, () => {
      const around = Buffer.concat([Buffer.alloc(3, 255), bytes, Buffer.alloc(3, 255)])
      assert.deepEqual(reader(around, 3, 3 + bytes.length), reader(bytes, 0, bytes.length))
    })
    test(`${name}: cut short anywhere, though the bytes behind it are there`, () => {
      for (let end = 5; end < bytes.length; end++) {
        assert.throws(() => reader(bytes, 0, end), WireError, `cut at ${end}`)
      }
    })
    test(`${name}: with a byte more`, () => {
      const longer = Buffer.concat([bytes, Buffer.from([0])])
      assert.throws(() => reader(longer, 0, longer.length), WireError)
    })
    test(`${name}: random bodies throw nothing but WireError`, () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 60 }), (body) => {
          const random = message(String.fromCharCode(bytes[0] ?? 0), Buffer.from(body))
          try {
            reader(random, 0, random.length)
          } catch (error) {
            assert.ok(error instanceof WireError)
          }
        }),
        { numRuns: 300 },
      )
    })
  }
})

test('a text that goes on behind its terminator is refused: the parser would not see the rest', () => {
  const bytes = message('Q', Buffer.from('select 1\0; drop table x\0'))
  assert.throws(() => whole(read.readQuery, bytes), WireError)
})

test('a text that is not UTF-8 is refused: the server would read other characters', () => {
  const bytes = message('Q', Buffer.from([0x73, 0xff, 0x00]))
  assert.throws(() => whole(read.readQuery, bytes), WireError)
})

test('a command tag counts the rows of its last number', () => {
  const rows = (tag: string): number => {
    const bytes = message('C', Buffer.from(`${tag}\0`))
    return read.rowsOfTag(bytes, bytes.length)
  }
  assert.deepEqual(
    ['SELECT 12', 'INSERT 0 3', 'UPDATE 0', 'BEGIN', 'COPY 10000000'].map(rows),
    [12, 3, 0, 0, 10_000_000],
  )
})
