import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { test } from 'node:test'
import { resolveBy, resolveHost } from './resolve.ts'

test('addresses that are given are not looked up', async () => {
  assert.deepEqual(await resolveHost({ host: 'does.not.exist.invalid', addresses: ['10.0.0.1', '10.0.0.2'] }), [
    '10.0.0.1',
    '10.0.0.2',
  ])
})

test('an address is its own', async () => {
  assert.deepEqual(await resolveHost({ host: '::1' }), ['::1'])
})

async function nameServer(reply: (question: Buffer) => Buffer): Promise<{ readonly at: string; close(): void }> {
  const server = createSocket('udp4')
  server.on('message', (question, from) => server.send(reply(question), from.port, from.address))
  server.bind(0, '127.0.0.1')
  await once(server, 'listening')
  return { at: `127.0.0.1:${server.address().port}`, close: () => server.close() }
}

test('given name servers are asked, and nobody else', async () => {
  const server = await nameServer(answer)
  const names = { nameServers: [server.at], clusterDomain: 'cluster.local' }
  const resolve = (host: string) => resolveBy(names, host)
  // The machine's own /etc/hosts says otherwise about this name, and must not be read.
  assert.deepEqual(await resolveHost({ host: 'localhost.example', resolve }), ['192.0.2.7'])
  await assert.rejects(resolveHost({ host: 'none.example', resolve }), /none\.example does not resolve/)
  server.close()
})

test('in-cluster names are asked for with the cluster’s domain, others as they are', async () => {
  const asked = new Set<string>()
  const server = await nameServer((question) => {
    asked.add(question.toString('latin1', 13, question.indexOf(0, 12)).replace(/[\x00-\x1f]/g, '.'))
    const reply = Buffer.from(question)
    reply.writeUInt16BE(0x8183, 2)
    return reply
  })
  const names = { nameServers: [server.at], clusterDomain: 'corp.internal' }
  for (const host of ['orders-db.data.svc', 'db.example.com'])
    await assert.rejects(resolveBy(names, host), new RegExp(`${host} does not resolve`))
  assert.deepEqual([...asked], ['orders-db.data.svc.corp.internal', 'db.example.com'])
  server.close()
})

test('without a name server nothing is asked of the machine', async () => {
  const none = { nameServers: [], clusterDomain: 'cluster.local' }
  await assert.rejects(
    resolveBy(none, 'localhost'),
    /localhost cannot be resolved: the operator has named no name server/,
  )
})

/** Type A of localhost.example is 192.0.2.7; everything else does not exist (RFC 1035 section 4.1). */
function answer(question: Buffer): Buffer {
  const known =
    question.includes('localhost') && question.readUInt16BE(question.indexOf(Buffer.from('\x07example\0')) + 9) === 1
  const end = question.indexOf(Buffer.from('\x07example\0')) + 13
  const reply = Buffer.from(question.subarray(0, end))
  reply.writeUInt16BE(known || question.includes('localhost') ? 0x8180 : 0x8183, 2)
  reply.writeUInt16BE(known ? 1 : 0, 6)
  reply.writeUInt16BE(0, 8)
  reply.writeUInt16BE(0, 10)
  return known ? Buffer.concat([reply, Buffer.from([0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 192, 0, 2, 7])]) : reply
}
