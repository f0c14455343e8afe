import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { CLASS, payloadOf, RCODE, readName, readQuery, TYPE, writeName, writeResponse } from './message.ts'

const HEADER = (questions = 1, additional = 0, flags = 0x0100): Buffer =>
  Buffer.from([0x12, 0x34, flags >> 8, flags & 0xff, 0, questions, 0, 0, 0, 0, 0, additional])
const TAIL = Buffer.of(0, TYPE.A, 0, CLASS.IN)
const NAME = writeName(['orders-db', 'data', 'svc'])
const QUERY = Buffer.concat([HEADER(), NAME, TAIL])
const OPT = (payload = 4096, version = 0, name: readonly number[] = [0]): Buffer =>
  Buffer.from([...name, 0, 41, payload >> 8, payload & 0xff, 0, version, 0, 0, 0, 0])

test('a query is read', () => {
  assert.deepEqual(readQuery(QUERY), {
    id: 0x1234,
    recursionDesired: true,
    question: { labels: ['orders-db', 'data', 'svc'], type: TYPE.A, class: CLASS.IN },
    edns: undefined,
  })
  const edns = readQuery(Buffer.concat([HEADER(1, 1), NAME, TAIL, OPT(1400, 1)]))
  assert.deepEqual('edns' in edns && edns.edns, { payload: 1400, version: 1 })
})

describe('what cannot be read', () => {
  const failed = (code: number, opcode = 0) => ({ drop: false, id: 0x1234, opcode, code })
  const CASES: Readonly<Record<string, readonly [Buffer, object]>> = {
    'nothing is dropped': [Buffer.alloc(0), { drop: true }],
    'half a header is dropped': [QUERY.subarray(0, 11), { drop: true }],
    'an answer is dropped': [Buffer.concat([HEADER(1, 0, 0x8180), NAME, TAIL]), { drop: true }],
    'a header alone': [HEADER(), failed(RCODE.formatError)],
    'no question': [HEADER(0), failed(RCODE.formatError)],
    'two questions': [Buffer.concat([HEADER(2), NAME, TAIL, NAME, TAIL]), failed(RCODE.formatError)],
    'an update': [Buffer.concat([HEADER(1, 0, 0x2800), NAME, TAIL]), failed(RCODE.notImplemented, 5)],
    'a notification': [Buffer.concat([HEADER(1, 0, 0x2000), NAME, TAIL]), failed(RCODE.notImplemented, 4)],
    'a name without an end': [Buffer.concat([HEADER(), NAME.subarray(0, -1)]), failed(RCODE.formatError)],
    'a pointer to itself': [Buffer.concat([HEADER(), Buffer.of(0xc0, 12), TAIL]), failed(RCODE.formatError)],
    'a pointer forwards': [Buffer.concat([HEADER(), Buffer.of(0xc0, 20), TAIL, NAME]), failed(RCODE.formatError)],
    'a pointer into the header': [Buffer.concat([HEADER(), Buffer.of(0xc0, 2), TAIL]), failed(RCODE.formatError)],
    'a reserved kind of label': [Buffer.concat([HEADER(), Buffer.of(0x41, 0x61, 0), TAIL]), failed(RCODE.formatError)],
    'a name of more than 255 bytes': [
      Buffer.concat([HEADER(), writeName(Array.from({ length: 128 }, () => 'a')), TAIL]),
      failed(RCODE.formatError),
    ],
    'two OPT records': [Buffer.concat([HEADER(1, 2), NAME, TAIL, OPT(), OPT()]), failed(RCODE.formatError)],
    'an OPT record with a name': [Buffer.concat([HEADER(1, 1), NAME, TAIL, OPT(512, 0, [1, 0x61, 0])]), failed(1)],
    'an announced record that is not there': [Buffer.concat([HEADER(1, 1), NAME, TAIL]), failed(RCODE.formatError)],
    'a record longer than the message': [
      Buffer.concat([HEADER(1, 1), NAME, TAIL, OPT().subarray(0, -1), Buffer.of(9)]),
      failed(RCODE.formatError),
    ],
  }
  for (const [name, [message, expected]] of Object.entries(CASES))
    test(name, () => assert.deepEqual(readQuery(message), expected))
})

test('a name of exactly 255 bytes, and one with a pointer backwards', () => {
  const long = Array.from({ length: 127 }, () => 'a')
  assert.equal(readName(Buffer.concat([HEADER(), writeName(long)]), 12)?.labels.length, 127)
  const pointing = Buffer.concat([HEADER(), NAME, Buffer.of(1, 0x78, 0xc0, 12), TAIL])
  assert.deepEqual(readName(pointing, 12 + NAME.length), {
    labels: ['x', 'orders-db', 'data', 'svc'],
    end: 12 + NAME.length + 4,
  })
})

test('cut anywhere, a query is dropped or a format error; with bytes behind it, it is itself', () => {
  for (let end = 0; end < QUERY.length; end += 1) {
    const read = readQuery(QUERY.subarray(0, end))
    assert.ok('drop' in read, String(end))
    assert.equal(read.drop, end < 12)
  }
  assert.deepEqual(readQuery(Buffer.concat([QUERY, Buffer.from('behind')])), readQuery(QUERY))
})

test('any bytes are read or refused, and never thrown at', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => void readQuery(Buffer.from(bytes))))
  const spoiled = fc.tuple(fc.nat(QUERY.length - 1), fc.nat(255)).map(([at, value]) => {
    const message = Buffer.from(QUERY)
    message[at] = value
    return message
  })
  fc.assert(fc.property(spoiled, (message) => void readQuery(message)))
})

test('a name that is written is read back', () => {
  const label = fc.string({ minLength: 1, maxLength: 63, unit: 'grapheme-ascii' })
  fc.assert(
    fc.property(fc.array(label, { maxLength: 3 }), (labels) => {
      const bytes = Buffer.concat([HEADER(), writeName(labels)])
      assert.deepEqual(readName(bytes, 12), { labels, end: bytes.length })
    }),
  )
})

test('what does not fit is left out, and the answer says so', () => {
  const query = readQuery(Buffer.concat([HEADER(1, 1), NAME, TAIL, OPT()]))
  assert.ok('question' in query)
  const data = Buffer.alloc(400)
  const response = { code: 0, answers: [1, 2].map(() => ({ labels: ['a'], type: 16, ttl: 1, data })), authority: [] }
  const whole = writeResponse(query, response, 1232)
  const cut = writeResponse(query, response, 512)
  assert.deepEqual([whole.readUInt16BE(2) & 0x0200, whole.readUInt16BE(6)], [0, 2])
  assert.deepEqual([cut.readUInt16BE(2) & 0x0200, cut.readUInt16BE(6), cut.readUInt16BE(10)], [0x0200, 0, 1])
  assert.ok(cut.length <= 512)
})

test('an asker’s datagrams are at least 512 and at most 1232 bytes', () => {
  const sized = (payload: number) => {
    const query = readQuery(Buffer.concat([HEADER(1, 1), NAME, TAIL, OPT(payload)]))
    return 'question' in query ? payloadOf(query) : undefined
  }
  assert.deepEqual([0, 512, 1000, 65_535].map(sized), [512, 512, 1000, 1232])
})
