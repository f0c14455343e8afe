import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { PostgresFault } from './fault.ts'
import { type StartupPacket, StartupReader } from './startup.ts'
import { cancelRequest, sslRequest, startupMessage } from './startup-messages.ts'

function packet(code: number, body: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(8)
  head.writeUInt32BE(8 + body.length, 0)
  head.writeUInt32BE(code, 4)
  return Buffer.concat([head, body])
}

const hello = startupMessage(2, [
  ['user', 'ana'],
  ['database', 'orders'],
  ['options', "-c search_path='a b'"],
])
const GSSENC = packet(0x04d2_1630)

const GOOD: Readonly<Record<string, { bytes: Buffer; packet: StartupPacket }>> = {
  'an SSLRequest': { bytes: sslRequest(), packet: { kind: 'ssl' } },
  'a GSSENCRequest': { bytes: GSSENC, packet: { kind: 'gssenc' } },
  'a cancel key of 4 bytes': {
    bytes: cancelRequest(4_000_000_000, Buffer.from([1, 2, 3, 4])),
    packet: { kind: 'cancel', pid: 4_000_000_000, key: Buffer.from([1, 2, 3, 4]) },
  },
  'a cancel key of 256 bytes': {
    bytes: cancelRequest(7, Buffer.alloc(256, 9)),
    packet: { kind: 'cancel', pid: 7, key: Buffer.alloc(256, 9) },
  },
  'a StartupMessage': {
    bytes: hello,
    packet: {
      kind: 'startup',
      minor: 2,
      parameters: new Map([
        ['user', 'ana'],
        ['database', 'orders'],
        ['options', "-c search_path='a b'"],
      ]),
    },
  },
  'the last of two users, as the server takes it': {
    bytes: packet(0x3_0000, Buffer.from('user\0ana\0user\0bob\0\0')),
    packet: { kind: 'startup', minor: 0, parameters: new Map([['user', 'bob']]) },
  },
  'a minor version of the future': {
    bytes: packet(0x3_270f, Buffer.from('user\0ana\0\0')),
    packet: { kind: 'startup', minor: 9999, parameters: new Map([['user', 'ana']]) },
  },
}

for (const [title, { bytes, packet: expected }] of Object.entries(GOOD)) {
  test(`${title} is read whole, byte by byte and with bytes behind it`, () => {
    assert.deepEqual(new StartupReader({ first: true }).push(bytes), expected)
    const slow = new StartupReader({ first: true })
    for (const [at, byte] of bytes.entries()) {
      const packet = slow.push(Buffer.from([byte]))
      assert.deepEqual(packet, at === bytes.length - 1 ? expected : undefined)
    }
    const more = new StartupReader({ first: true })
    assert.deepEqual(more.push(Buffer.concat([bytes, Buffer.from('behind')])), expected)
    assert.equal(more.rest.toString(), 'behind')
  })
}

const BAD: Readonly<Record<string, { bytes: Buffer; sqlstate: string; message: RegExp }>> = {
  'HTTP, at its first byte': { bytes: Buffer.from('G'), sqlstate: '08P01', message: /invalid length/ },
  'a length below its own size': { bytes: Buffer.from([0, 0, 0, 7]), sqlstate: '08P01', message: /invalid length/ },
  'a length above 10,000': { bytes: Buffer.from([0, 0, 0x27, 0x15]), sqlstate: '08P01', message: /invalid length/ },
  'protocol 2': { bytes: packet(0x2_0000), sqlstate: '0A000', message: /unsupported frontend protocol 2\.0/ },
  'protocol 4': { bytes: packet(0x4_0000), sqlstate: '0A000', message: /unsupported frontend protocol 4\.0/ },
  'an unknown request code': { bytes: packet(0x04d2_1631), sqlstate: '0A000', message: /1234\.5681/ },
  'an SSLRequest with a body': {
    bytes: packet(0x04d2_162f, Buffer.from('x')),
    sqlstate: '08P01',
    message: /encryption request/,
  },
  'a cancel key of 3 bytes': { bytes: cancelRequest(1, Buffer.alloc(3)), sqlstate: '08P01', message: /cancel/ },
  'a cancel key of 257 bytes': { bytes: cancelRequest(1, Buffer.alloc(257)), sqlstate: '08P01', message: /cancel/ },
  'parameters without their end': {
    bytes: packet(0x3_0000, Buffer.from('user\0ana\0')),
    sqlstate: '08P01',
    message: /layout/,
  },
  'a name without a value': { bytes: packet(0x3_0000, Buffer.from('user\0')), sqlstate: '08P01', message: /layout/ },
  'bytes behind the end': {
    bytes: packet(0x3_0000, Buffer.from('user\0ana\0\0x')),
    sqlstate: '08P01',
    message: /layout/,
  },
  'a value that is not UTF-8': {
    bytes: packet(0x3_0000, Buffer.from([117, 0, 0xff, 0, 0])),
    sqlstate: '22021',
    message: /UTF-8/,
  },
  'more parameters than anybody needs': {
    bytes: packet(0x3_0000, Buffer.from('a\0b\0'.repeat(300))),
    sqlstate: '08P01',
    message: /more than/,
  },
}

for (const [title, row] of Object.entries(BAD)) {
  test(`refused: ${title}`, () => {
    assert.throws(
      () => new StartupReader({ first: true }).push(row.bytes),
      (error) => error instanceof PostgresFault && error.sqlstate === row.sqlstate && row.message.test(error.message),
    )
  })
}

test('a TLS record is direct TLS in the first byte only', () => {
  const record = Buffer.from([0x16, 3, 1])
  assert.deepEqual(new StartupReader({ first: true }).push(record), { kind: 'directTls' })
  assert.throws(() => new StartupReader({ first: false }).push(record), PostgresFault)
  const later = new StartupReader({ first: true })
  later.push(sslRequest())
  assert.throws(() => later.push(record), PostgresFault)
})

test('any bytes give a packet, a refusal or a wait, and never more than the bound is kept', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 64 })), fc.boolean(), (chunks, plausible) => {
      const reader = new StartupReader({ first: true })
      if (plausible) reader.push(Buffer.from([0, 0, 0x20]))
      for (const chunk of chunks) {
        try {
          if (reader.push(Buffer.from(chunk))) return true
        } catch (error) {
          return error instanceof PostgresFault
        }
      }
      return reader.rest.length <= 10_004
    }),
  )
})
