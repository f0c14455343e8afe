import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { ClientHello } from './client-hello.ts'
import { HelloFault } from './hello-fault.ts'
import { HelloReader, MAX_HELLO_BYTES } from './hello-reader.ts'
import {
  body,
  extension,
  hello,
  hostName,
  message,
  realHellos,
  record,
  SUPPORTED_VERSIONS,
  serverName,
  vector16,
} from './testdata.ts'

const HOST = 'api.example.com'

function read(chunks: readonly Buffer[], again = false): ClientHello | undefined {
  const reader = new HelloReader({ again })
  let found: ClientHello | undefined
  for (const chunk of chunks) found = reader.push(chunk)
  assert.deepEqual(reader.bytes(), Buffer.concat(chunks), 'what came is kept as it came')
  return found
}

function bytewise(bytes: Buffer): readonly Buffer[] {
  return Array.from(bytes, (byte) => Buffer.from([byte]))
}

function cutAt(bytes: Buffer, cuts: readonly number[]): readonly Buffer[] {
  const places = [0, ...[...new Set(cuts.map((cut) => cut % bytes.length))].sort((a, b) => a - b), bytes.length]
  return places.slice(1).map((end, index) => bytes.subarray(places[index] ?? 0, end))
}

/** The same message in records of so many bytes. */
function spread(bytes: Buffer, size: number): Buffer {
  const records: Buffer[] = []
  for (let at = 0; at < bytes.length; at += size) records.push(record(bytes.subarray(at, at + size)))
  return Buffer.concat(records)
}

describe('hellos of real clients', () => {
  for (const { client, serverName: name, bytes, encrypted } of realHellos()) {
    const expected = { serverName: name, encryptedHello: encrypted }

    test(`${client}: whole, byte by byte, cut anywhere, in records of any size`, () => {
      assert.deepEqual(read([bytes]), expected)
      assert.deepEqual(read(bytewise(bytes)), expected)
      for (let cut = 1; cut < bytes.length; cut++) {
        assert.deepEqual(read([bytes.subarray(0, cut), bytes.subarray(cut)]), expected)
      }
      for (const size of [1, 2, 3, 5, 64, 255]) assert.deepEqual(read([spread(bytes.subarray(5), size)]), expected)
    })

    test(`${client}: what is behind the hello is no part of it`, () => {
      const reader = new HelloReader()
      assert.deepEqual(reader.push(Buffer.concat([bytes, record(Buffer.from('early'), 23)])), expected)
      assert.equal(reader.length, bytes.length)
    })

    test(`${client}: cut at random places`, () => {
      fc.assert(
        fc.property(fc.array(fc.nat(), { maxLength: 12 }), (cuts) => {
          assert.deepEqual(read(cutAt(bytes, cuts)), expected)
        }),
      )
    })

    test(`${client}: a part of it is never a hello`, () => {
      for (let end = 1; end < bytes.length; end++) assert.equal(read([bytes.subarray(0, end)]), undefined)
    })
  }
})

describe('names', () => {
  const GOOD: Readonly<Record<string, { readonly bytes: Buffer; readonly name: string | undefined }>> = {
    'the name is given in its own spelling': {
      bytes: hello(serverName(hostName('API.Example.COM'))),
      name: 'API.Example.COM',
    },
    'a hello without a name': { bytes: hello(SUPPORTED_VERSIONS), name: undefined },
    'a hello with an empty list of extensions': { bytes: hello(), name: undefined },
    'a hello without extensions, as TLS 1.2 allows': { bytes: record(message(body(undefined))), name: undefined },
    'a name behind other extensions': { bytes: hello(SUPPORTED_VERSIONS, serverName(hostName(HOST))), name: HOST },
    'labels with underscores': { bytes: hello(serverName(hostName('_a.b_c.svc'))), name: '_a.b_c.svc' },
    'an unknown extension (GREASE)': { bytes: hello(extension(0x0a0a), serverName(hostName(HOST))), name: HOST },
  }
  for (const [why, { bytes, name }] of Object.entries(GOOD)) {
    test(why, () => assert.deepEqual(read([bytes]), { serverName: name, encryptedHello: false }))
  }

  for (const type of [0xfe0d, 0xfe0a, 0xfe09, 0xfe08, 0xff02, 0xff03, 0xffce]) {
    test(`extension 0x${type.toString(16)} may hide the name`, () => {
      const found = read([hello(serverName(hostName(HOST)), extension(type, Buffer.alloc(40, 1)))])
      assert.deepEqual(found, { serverName: HOST, encryptedHello: true })
    })
  }
})

describe('what two readers could take differently is refused', () => {
  const named = serverName(hostName(HOST))
  const long = Buffer.alloc(MAX_HELLO_BYTES, 1)
  const BAD: Readonly<Record<string, { readonly bytes: Buffer; readonly fault: RegExp }>> = {
    'a trailing dot': { bytes: hello(serverName(hostName(`${HOST}.`))), fault: /no host name/ },
    'a NUL behind the name': { bytes: hello(serverName(hostName(`${HOST}\0.evil.example`))), fault: /no host name/ },
    'a NUL as last byte': { bytes: hello(serverName(hostName(`${HOST}\0`))), fault: /no host name/ },
    'an empty name': { bytes: hello(serverName(hostName(''))), fault: /no host name/ },
    'an empty label': { bytes: hello(serverName(hostName('api..example.com'))), fault: /no host name/ },
    'a space': { bytes: hello(serverName(hostName(` ${HOST}`))), fault: /no host name/ },
    'a line break': { bytes: hello(serverName(hostName(`${HOST}\n`))), fault: /no host name/ },
    'a byte above ASCII': { bytes: hello(serverName(hostName('\xe4pi.example.com'))), fault: /no host name/ },
    'a wildcard': { bytes: hello(serverName(hostName('*.example.com'))), fault: /no host name/ },
    'an IPv6 address': { bytes: hello(serverName(hostName('fd00::1'))), fault: /no host name/ },
    'a label of 64 bytes': { bytes: hello(serverName(hostName(`${'a'.repeat(64)}.com`))), fault: /no host name/ },
    'a name of 254 bytes': { bytes: hello(serverName(hostName(`${'a.'.repeat(126)}aa`))), fault: /no host name/ },
    'the extension twice': { bytes: hello(named, serverName(hostName('evil.example'))), fault: /extension twice/ },
    'the extension twice, the same': { bytes: hello(named, named), fault: /extension twice/ },
    'another extension twice': { bytes: hello(named, extension(10), extension(10)), fault: /extension twice/ },
    'two names': { bytes: hello(serverName(hostName(HOST), hostName('evil.example'))), fault: /more than one/ },
    'a name of an unknown type first': {
      bytes: hello(serverName(hostName('x', 1), hostName(HOST))),
      fault: /unknown type/,
    },
    'a name of an unknown type second': {
      bytes: hello(serverName(hostName(HOST), hostName('x', 1))),
      fault: /more than one/,
    },
    'an empty extension': { bytes: hello(extension(0)), fault: /middle of a field/ },
    'an empty list': { bytes: hello(serverName()), fault: /middle of a field/ },
    'bytes behind the list': {
      bytes: hello(extension(0, vector16(hostName(HOST)), Buffer.from('more'))),
      fault: /behind its list/,
    },
    'a list that is longer than the extension': {
      bytes: hello(extension(0, Buffer.from([0, 99, 0, 0, 1, 97]))),
      fault: /middle of a field/,
    },
    'a name that is longer than the list': {
      bytes: hello(extension(0, vector16(Buffer.from([0, 0, 99, 97])))),
      fault: /middle of a field/,
    },
    'bytes behind the extensions': {
      bytes: record(message(Buffer.concat([body([named]), Buffer.from([0])]))),
      fault: /behind its end/,
    },
    'a session id of 33 bytes': {
      bytes: record(
        message(Buffer.concat([Buffer.from([3, 3]), Buffer.alloc(32), Buffer.from([33]), Buffer.alloc(60)])),
      ),
      fault: /session id/,
    },
    'SSL 3.0': { bytes: record(message(body([named], 0x0300))), fault: /version/ },
    'a version that is none': { bytes: record(message(body([named], 0x7f00))), fault: /version/ },
    'an SSL 2.0 hello': { bytes: Buffer.from('802b0103010012000000100000', 'hex'), fault: /does not begin/ },
    'no TLS at all': { bytes: Buffer.from(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`), fault: /does not begin/ },
    'an alert': { bytes: record(Buffer.from([2, 40]), 21), fault: /does not begin/ },
    'application data first': { bytes: record(Buffer.from('x'), 23), fault: /does not begin/ },
    'another version of records': { bytes: Buffer.from([22, 2, 0, 0, 5]), fault: /does not begin/ },
    'an empty record first': { bytes: Buffer.concat([record(Buffer.alloc(0)), hello(named)]), fault: /empty record/ },
    'an empty record between': {
      bytes: Buffer.concat([record(message(body([named])).subarray(0, 9)), record(Buffer.alloc(0))]),
      fault: /empty record/,
    },
    'a record that is too long': { bytes: Buffer.from([22, 3, 1, 0x40, 0x01]), fault: /record that is too long/ },
    'another record between': {
      bytes: Buffer.concat([record(message(body([named])).subarray(0, 9)), record(Buffer.from([1]), 20)]),
      fault: /interrupted/,
    },
    'another message first': { bytes: record(message(Buffer.alloc(3), 0)), fault: /another message/ },
    'a second message in its record': {
      bytes: record(Buffer.concat([message(body([named])), message(body([serverName(hostName('evil.example'))]))])),
      fault: /shares its record/,
    },
    'one byte more in its record': {
      bytes: record(Buffer.concat([message(body([named])), Buffer.from([0])])),
      fault: /shares its record/,
    },
    'a message that claims 16 MB': { bytes: record(Buffer.from([1, 0xff, 0xff, 0xff])), fault: /longer than/ },
    'more bytes than any client needs': { bytes: spread(message(long), 16_000), fault: /longer than/ },
    'the same in records of one byte': { bytes: spread(message(long.subarray(0, 20_000)), 1), fault: /longer than/ },
  }
  for (const [why, { bytes, fault }] of Object.entries(BAD)) {
    const refused = (error: unknown): boolean => error instanceof HelloFault && fault.test(error.message)
    test(why, () => {
      assert.throws(() => read([bytes]), refused)
      assert.throws(() => read(bytewise(bytes.subarray(0, 70_000))), refused)
    })
  }
})

describe('the second hello of a handshake', () => {
  const second = hello(serverName(hostName(HOST)))
  const dummy = record(Buffer.from([1]), 20)
  const early = record(Buffer.alloc(16_384 + 256, 5), 23)

  test('may come behind a dummy record and rejected early data', () => {
    for (const before of [[], [dummy], [early], [early, dummy], [dummy, early]]) {
      const bytes = Buffer.concat([...before, second])
      assert.equal(read([bytes], true)?.serverName, HOST)
      assert.equal(read(bytewise(bytes), true)?.serverName, HOST)
    }
  })

  test('is not waited for without end', () => {
    assert.throws(() => read([Buffer.concat([early, early, early, early])], true), /longer than/)
  })

  test('is a hello like any other', () => {
    assert.throws(() => read([hello(serverName(hostName(`${HOST}.`)))], true), HelloFault)
    assert.throws(() => read([record(Buffer.from([2, 40]), 21)], true), HelloFault)
  })
})

test('whatever comes is a hello, too little, or a fault', () => {
  const real = realHellos().map(({ bytes }) => bytes)
  const mutated = fc
    .tuple(fc.constantFrom(...real), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 8 }))
    .map(([bytes, changes]) => {
      const copy = Buffer.from(bytes)
      for (const [at, byte] of changes) copy[at % copy.length] = byte
      return copy
    })
  const noise = fc.uint8Array({ maxLength: 600 }).map((bytes) => Buffer.from(bytes))
  const hidden = noise.map((bytes) => record(message(bytes)))
  fc.assert(
    fc.property(fc.oneof(mutated, noise, hidden), fc.array(fc.nat(), { maxLength: 5 }), (bytes, cuts) => {
      const results = [[bytes], cutAt(bytes, bytes.length === 0 ? [] : cuts)].map((chunks) => {
        try {
          return read(chunks)
        } catch (error) {
          if (error instanceof HelloFault) return 'fault'
          throw error
        }
      })
      assert.deepEqual(results[0], results[1], 'the pieces it comes in make no difference')
    }),
    { numRuns: 2_000 },
  )
})
