import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { EndpointAddresses, MOST_HOSTS, MOST_WITH_PATTERNS } from './addresses.ts'

const hosts = fc.uniqueArray(fc.domain(), { maxLength: 200 })

test('an address is its host’s alone, and stays so whatever comes after', () => {
  fc.assert(
    fc.property(hosts, hosts, (first, later) => {
      const addresses = new EndpointAddresses()
      const given = first.map((host) => addresses.assign(host))
      for (const host of later) addresses.assign(host)
      assert.deepEqual(
        first.map((host) => addresses.assign(host)),
        given,
      )
      assert.equal(new Set(given).size, first.length)
      for (const host of [...first, ...later]) assert.equal(addresses.hostAt(addresses.assign(host) ?? ''), host)
    }),
  )
})

test('the same hosts in the same order get the same addresses in every pod', () => {
  assert.equal(new EndpointAddresses().assign('orders-db.data.svc'), '127.77.120.27')
})

test('every address given is in the network, and none is the network’s, the resolver’s or the last', () => {
  const addresses = new EndpointAddresses()
  const given = Array.from({ length: MOST_HOSTS }, (_, at) => addresses.assign(`host-${at}`) ?? '')
  assert.equal(new Set(given).size, MOST_HOSTS)
  for (const address of given) assert.match(address, /^127\.77\.(\d|[1-9]\d|1\d\d|2[0-4]\d|25[0-5])\.\d{1,3}$/)
  for (const taken of ['127.77.0.0', '127.77.0.53', '127.77.255.255']) assert.ok(!given.includes(taken))
})

test('hosts beyond the most get none, those before keep theirs', () => {
  const addresses = new EndpointAddresses()
  const first = addresses.assign('first')
  for (let at = 0; at < MOST_HOSTS; at += 1) addresses.assign(`host-${at}`)
  assert.equal(addresses.assign('one more'), undefined)
  assert.equal(addresses.assign('first'), first)
})

test('names that the agent makes up take no address from a host that is declared', () => {
  const addresses = new EndpointAddresses()
  for (let at = 0; at < 10_000; at += 1) addresses.assign(`${at}.db.data.svc`, MOST_WITH_PATTERNS)
  assert.equal(addresses.assign('one-more.db.data.svc', MOST_WITH_PATTERNS), undefined)
  assert.notEqual(addresses.assign('orders-db.data.svc'), undefined)
})
