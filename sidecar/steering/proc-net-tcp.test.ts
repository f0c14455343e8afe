import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { endianness } from 'node:os'
import { test } from 'node:test'
import fc from 'fast-check'
import { DialledDestinations } from './dialled.ts'
import { plainAddress, readRow, rowsWithLocalPort } from './proc-net-tcp.ts'

/** As a kernel 6.18 wrote them. */
const TABLE = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:3A99 00000000:0000 0A 00000000:00000000 00:00000000 00000000 1500000001        0 27574 1 00000000d1c4b9b3 100 0 0 10 0
   1: 0200630A:9C40 0104030A:1538 01 00000000:00000000 00:00000000 00000000 12345        0 27580 1 0000000043b1f0aa 20 4 30 10 -1
   2: 0100007F:3A99 0200630A:9C40 01 00000000:00000000 00:00000000 00000000 1500000001        0 27581 1 00000000a9e51c60 20 4 0 10 -1
   3: 0200630A:9C41 0104030A:9C40 06 00000000:00000000 03:00001762 00000000     0        0 0 3 0000000017a3bd2f
   4: 0100007F:9C40 0101 garbage
`
const TABLE6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 000099FD000000000000000002000000:9C42 000099FD000000000000000001000000:01BB 01 00000000:00000000 00:00000000 00000000  1001        0 27590 1 00000000d1c4b9b3 20 4 30 10 -1
   1: 0000000000000000FFFF00000200630A:9C43 0000000000000000FFFF00000104030A:1538 01 00000000:00000000 00:00000000 00000000  1002        0 27591 1 00000000d1c4b9b3 20 4 30 10 -1
`

const pod = (port: number) => ({ address: '10.99.0.2', port })

test('a row is found by its own port, not by that of its other end', () => {
  assert.deepEqual(rowsWithLocalPort(TABLE, 0x9c40), [
    { local: pod(0x9c40), remote: { address: '10.3.4.1', port: 5432 }, state: 1, uid: 12345 },
  ])
  assert.deepEqual(
    rowsWithLocalPort(TABLE, 0x9c41).map(({ state, uid }) => [state, uid]),
    [[6, 0]],
  )
})

test('a listener is no connection', () => {
  assert.deepEqual(
    rowsWithLocalPort(TABLE, 0x3a99).map(({ remote }) => remote),
    [pod(0x9c40)],
  )
})

test('IPv6, and IPv4 in its clothes', () => {
  const [six] = rowsWithLocalPort(TABLE6, 0x9c42)
  assert.deepEqual([six?.local.address, six?.remote, six?.uid], ['fd99::2', { address: 'fd99::1', port: 443 }, 1001])
  const [four] = rowsWithLocalPort(TABLE6, 0x9c43)
  assert.deepEqual([four?.local.address, four?.remote.address], ['10.99.0.2', '10.3.4.1'])
})

test('no row, no table, the last line without an end', () => {
  assert.deepEqual(rowsWithLocalPort(TABLE, 1), [])
  assert.deepEqual(rowsWithLocalPort('', 0x9c40), [])
  assert.equal(rowsWithLocalPort(TABLE.split('\n').slice(0, 3).join('\n'), 0x9c40).length, 1)
})

test('any text is read or not, and never thrown at', () => {
  fc.assert(fc.property(fc.string(), fc.nat(65_535), (text, port) => void rowsWithLocalPort(text, port)))
  fc.assert(fc.property(fc.string(), (line) => void readRow(line)))
})

test('an address has one spelling', () => {
  const CASES = {
    '10.0.0.1': '10.0.0.1',
    '::ffff:10.0.0.1': '10.0.0.1',
    '::FFFF:10.0.0.1': '10.0.0.1',
    'FD00:0:0::1': 'fd00::1',
    'fd00:0:0:0:0:0:0:1': 'fd00::1',
    '::1': '::1',
    'no:address': 'no:address',
  }
  for (const [text, plain] of Object.entries(CASES)) assert.equal(plainAddress(text), plain)
})

test('the machine’s own table has the row of a connection', {
  skip: endianness() === 'BE' && 'big-endian',
}, async () => {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const client = connect(port, '127.0.0.1')
  await once(client, 'connect')
  const local = { address: '127.0.0.1', port: client.localPort ?? 0 }
  const found = await new DialledDestinations().of(local, (destination) => destination.port === port)
  assert.deepEqual(found, { address: '127.0.0.1', port, uid: process.getuid?.() })
  client.destroy()
  server.close()
})

test('several rows that cannot be told apart are none, and so is a row of somebody else’s address', async () => {
  const one = readFileSync(new URL('./testdata/twins.txt', import.meta.url), 'latin1')
  const look = new DialledDestinations(async (family) => (family === 4 ? one : ''))
  assert.equal(await look.of(pod(0x9c40), () => true), 'lost')
  const only = await look.of(pod(0x9c40), ({ port }) => port === 5432)
  assert.deepEqual(only, { address: '10.3.4.1', port: 5432, uid: 12345 })
  assert.equal(await look.of({ address: '10.99.0.3', port: 0x9c40 }, () => true), 'lost')
})

test('those who wait together share one look, and a table that cannot be read finds nobody', async () => {
  const reads: number[] = []
  const look = new DialledDestinations(async (family) => {
    reads.push(family)
    if (family === 6) throw new Error('no such file')
    return TABLE
  })
  const found = await Promise.all([1, 2, 3].map(() => look.of(pod(0x9c40), () => true)))
  assert.deepEqual(
    found.map((one) => one !== 'lost' && one.uid),
    [12345, 12345, 12345],
  )
  // The first look begins at once; the other two wait for the next.
  assert.deepEqual(reads, [4, 4])
  assert.equal(await look.of(pod(1), () => true), 'lost')
})

test('only who is not in the first table is looked for in the second', async () => {
  const reads: number[] = []
  const look = new DialledDestinations(async (family) => {
    reads.push(family)
    return family === 4 ? TABLE : TABLE6
  })
  const uidOf = async (address: string, port: number): Promise<unknown> => {
    reads.length = 0
    const found = await look.of({ address, port }, () => true)
    return [found !== 'lost' && found.uid, ...reads]
  }
  assert.deepEqual(await uidOf('10.99.0.2', 0x9c40), [12345, 4])
  assert.deepEqual(await uidOf('::ffff:10.99.0.2', 0x9c43), [1002, 4, 6])
  assert.deepEqual(await uidOf('fd99::2', 0x9c42), [1001, 6])
})
