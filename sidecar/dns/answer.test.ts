import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { answer, type Zone } from './answer.ts'
import { CLASS, RCODE, TYPE, writeName } from './message.ts'
import { canonicalHost, covers } from './names.ts'
import { respond } from './respond.ts'
import { TcpQueries } from './tcp-queries.ts'

const ADDRESSES: Readonly<Record<string, string>> = {
  'orders-db.data.svc': '127.77.1.1',
  'cache.agents.svc': '127.77.1.2',
  'db.example.com': '127.77.1.3',
  'pg-0.db.data.svc': '127.77.1.4',
  'shop.dev': '127.77.1.5',
  'shop.dev.svc': '127.77.1.6',
}
const ZONE: Zone = {
  namespace: 'agents',
  clusterDomain: 'corp.internal',
  hosts: ['orders-db.data.svc', 'cache.agents.svc', 'db.example.com', '*.db.data.svc', 'shop.dev', 'shop.dev.svc'],
  addressOf: (host) => ADDRESSES[host],
  hostAt: (address) => Object.keys(ADDRESSES).find((host) => ADDRESSES[host] === address),
}

/** Code and, of an answer, its data as an address; as text files would have it. */
function ask(name: string, type: number = TYPE.A, asked: number = CLASS.IN): string {
  const { response, refused } = answer({ labels: name.split('.'), type, class: asked }, ZONE)
  const [found] = response.answers
  const said = found ? found.data.join('.') : response.code === RCODE.noError ? 'nothing' : 'no such name'
  assert.equal(response.authority.length, found ? 0 : 1)
  assert.equal(response.extendedError?.code, response.code === RCODE.noSuchName ? 15 : undefined)
  return refused === undefined ? said : `${said}, refused`
}

const NO = 'no such name, refused'

describe('addresses', () => {
  const CASES: Readonly<Record<string, string>> = {
    'orders-db.data.svc': '127.77.1.1',
    'orders-db.data.svc.corp.internal': '127.77.1.1',
    'ORDERS-DB.Data.SVC': '127.77.1.1',
    'orders-db.data': '127.77.1.1',
    'orders-db': NO,
    'orders-db.data.svc.cluster.local': NO,
    'orders-db.data.svc.agents.svc.corp.internal': NO,
    'orders-db.data.svc.svc.corp.internal': NO,
    'orders-db.data.corp.internal': NO,
    'x.orders-db.data.svc': NO,
    cache: '127.77.1.2',
    'cache.agents': '127.77.1.2',
    'cache.agents.svc.corp.internal': '127.77.1.2',
    'cache.data': NO,
    'db.example.com': '127.77.1.3',
    'db.example.com.agents.svc.corp.internal': NO,
    'db.example.com.svc': NO,
    'example.com': NO,
    'pg-0.db.data.svc': '127.77.1.4',
    'pg-0.db.data.svc.corp.internal': '127.77.1.4',
    'pg-0.db.data': '127.77.1.4',
    'pg-1.db.data.svc': NO,
    'db.data.svc': NO,
    'a.pg-0.db.data.svc': NO,
    'shop.dev': '127.77.1.5',
    'shop.dev.svc': '127.77.1.6',
    'evil.example.net': NO,
    localhost: NO,
    svc: NO,
  }
  for (const [name, expected] of Object.entries(CASES)) test(name, () => assert.equal(ask(name), expected))
})

describe('other types and classes', () => {
  const CASES: Readonly<Record<string, readonly [string, number, number, string]>> = {
    'AAAA of an endpoint is empty': ['db.example.com', TYPE.AAAA, CLASS.IN, 'nothing'],
    'HTTPS of an endpoint is empty': ['db.example.com', TYPE.HTTPS, CLASS.IN, 'nothing'],
    'SVCB of an endpoint is empty': ['db.example.com', TYPE.SVCB, CLASS.IN, 'nothing'],
    'SRV of an endpoint is empty': ['db.example.com', TYPE.SRV, CLASS.IN, 'nothing'],
    'ANY of an endpoint is its address': ['db.example.com', TYPE.ANY, CLASS.IN, '127.77.1.3'],
    'AAAA of another name': ['evil.example.net', TYPE.AAAA, CLASS.IN, NO],
    'ANY of another name': ['evil.example.net', TYPE.ANY, CLASS.IN, NO],
    'TXT of another name': ['secret.evil.example.net', TYPE.NS, CLASS.IN, NO],
    'any class': ['db.example.com', TYPE.A, CLASS.ANY, '127.77.1.3'],
    'the server’s version': ['version.bind', 16, 3, 'no such name'],
    'a pointer’s other types are empty': ['3.1.77.127.in-addr.arpa', TYPE.A, CLASS.IN, 'nothing'],
    'an address without a host': ['4.3.77.127.in-addr.arpa', TYPE.PTR, CLASS.IN, 'no such name'],
    'somebody else’s address': ['8.8.8.8.in-addr.arpa', TYPE.PTR, CLASS.IN, 'no such name'],
    'no address': ['300.1.77.127.in-addr.arpa', TYPE.PTR, CLASS.IN, 'no such name'],
    'an address of IPv6': [`${'0.'.repeat(32)}ip6.arpa`, TYPE.PTR, CLASS.IN, NO],
  }
  for (const [name, [asked, type, kind, expected]] of Object.entries(CASES))
    test(name, () => assert.equal(ask(asked, type, kind), expected))

  test('an address has its name back, in full', () => {
    const pointer = (name: string) =>
      answer({ labels: name.split('.'), type: TYPE.PTR, class: CLASS.IN }, ZONE).response.answers[0]?.data
    assert.deepEqual(pointer('3.1.77.127.in-addr.arpa'), writeName(['db', 'example', 'com']))
    assert.deepEqual(pointer('1.1.77.127.IN-ADDR.arpa'), writeName(['orders-db', 'data', 'svc', 'corp', 'internal']))
  })
})

test('a dot inside a label, a control character or the root is no name of ours, and nothing to tell', () => {
  for (const labels of [['db.example', 'com'], ['db', 'exam\nple', 'com'], ['db\xff', 'example', 'com'], []]) {
    const { response, refused } = answer({ labels, type: TYPE.A, class: CLASS.IN }, ZONE)
    assert.deepEqual([response.code, refused], [RCODE.noSuchName, undefined])
  }
})

test('a pattern stands for one label', () => {
  assert.deepEqual(
    ['a.db.data.svc', 'db.data.svc', '.db.data.svc', 'a.b.db.data.svc', 'adb.data.svc', 'a.xdb.data.svc'].map((name) =>
      covers('*.db.data.svc', name),
    ),
    [true, false, false, false, false, false],
  )
})

test('a host has one spelling', () => {
  for (const host of ['A.b.svc', 'a.b.svc.', 'a.b.SVC.cluster.local', 'a.b.svc.cluster.local.'])
    assert.equal(canonicalHost(host, 'Cluster.Local'), 'a.b.svc')
  assert.equal(canonicalHost('x.cluster.local', 'cluster.local'), 'x.cluster.local')
})

describe('messages', () => {
  const query = (name: string, more: Buffer = Buffer.alloc(0)): Buffer =>
    Buffer.concat([
      Buffer.from([7, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, more.length > 0 ? 1 : 0]),
      writeName(name.split('.')),
      Buffer.of(0, TYPE.A, 0, CLASS.IN),
      more,
    ])
  const EDNS = (version: number): Buffer => Buffer.of(0, 0, 41, 4, 208, 0, version, 0, 0, 0, 0)

  test('every readable query has an answer with its number, its question as it was written, and never REFUSED', () => {
    const name = fc.array(fc.stringMatching(/^[a-zA-Z0-9_-]{1,20}$/), { minLength: 1, maxLength: 8 })
    fc.assert(
      fc.property(name, fc.boolean(), (labels, edns) => {
        const asked = query(labels.join('.'), edns ? EDNS(0) : undefined)
        const { message } = respond(asked, ZONE, 'udp')
        assert.ok(message && message.length <= 1232)
        assert.equal(message.readUInt16BE(0), 0x0707)
        assert.ok([RCODE.noError, RCODE.noSuchName].some((code) => code === (message.readUInt8(3) & 0xf)))
        const question = asked.subarray(12, asked.length - (edns ? EDNS(0).length : 0))
        assert.deepEqual(message.subarray(12, 12 + question.length), question)
        assert.equal(message.readUInt16BE(10), edns ? 1 : 0)
      }),
    )
  })

  test('any bytes have an answer or silence', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void respond(Buffer.from(bytes), ZONE, 'tcp')))
  })

  test('a later EDNS is told its version, before anything is answered', () => {
    const { message, refused } = respond(query('evil.example.net', EDNS(1)), ZONE, 'udp')
    // The upper bits of 16 are in the OPT record's TTL (RFC 6891 section 6.1.3).
    assert.deepEqual([(message?.readUInt8(3) ?? 0) & 0xf, message?.readUInt16BE(6), refused], [0, 0, undefined])
    assert.equal(message?.at(-6), 1)
  })
})

test('messages of a connection are taken apart the same, however they come', () => {
  const messages = ['a', 'bc', '', 'd'.repeat(300)].map((text) => Buffer.from(text))
  const stream = Buffer.concat(
    messages.flatMap((message) => [Buffer.of(message.length >> 8, message.length & 0xff), message]),
  )
  const cuts = fc
    .array(fc.nat(stream.length), { maxLength: 10 })
    .map((all) => [0, ...all.sort((a, b) => a - b), stream.length])
  const taken = (at: readonly number[]): readonly Buffer[] => {
    const queries = new TcpQueries()
    return at.slice(1).flatMap((end, index) => queries.push(stream.subarray(at[index], end)))
  }
  assert.deepEqual(taken(Array.from({ length: stream.length + 1 }, (_, at) => at)), messages)
  fc.assert(fc.property(cuts, (at) => assert.deepEqual(taken(at), messages)))
})

test('a message longer than any question ends the connection', () => {
  const queries = new TcpQueries()
  assert.deepEqual(queries.push(Buffer.of(0, 1, 0x61, 0x10, 1)), [Buffer.from('a')])
  assert.equal(queries.broken, true)
  assert.deepEqual(queries.push(Buffer.of(0, 1, 0x61)), [])
})
