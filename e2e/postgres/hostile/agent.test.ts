// Hostile bytes from the agent's side.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { serialize } from 'pg-protocol'
import { type PostgresServer, startPostgres } from '../embedded.ts'
import { type Gateway, startGateway } from '../gateway.ts'
import { openSession, openSocket } from '../raw.ts'
import { agentCases } from './agent-bytes.ts'
import { assertSound, DATABASE, PASSWORD, POLICY, prepareHostile, settle, throughGateway, USER } from './setup.ts'

let server: PostgresServer
let gateway: Gateway

before(async () => {
  server = await startPostgres()
  await prepareHostile(server)
  gateway = await startGateway({ upstream: { ...server, user: USER, password: PASSWORD }, policies: [POLICY] })
  await assertSound(gateway, server)
})

after(async () => {
  await gateway?.stop()
  await server?.stop()
})

for (const [name, { raw, chunks, end }] of Object.entries(agentCases(USER, DATABASE))) {
  test(`${name}: no harm is done`, async () => {
    const connection = raw ? await openSocket(gateway.host, gateway.port) : await openSession(throughGateway(gateway))
    connection.send(...chunks)
    if (end) connection.socket.end()
    await settle(connection)
    connection.close()
    await assertSound(gateway, server)
  })
}

test('a session cut into single bytes is answered as if it were whole', async () => {
  const connection = await openSession(throughGateway(gateway))
  for (const byte of Buffer.concat([serialize.query("select 'whole' as w"), serialize.query('select 2')])) {
    connection.send(Buffer.from([byte]))
    await new Promise(setImmediate)
  }
  await connection.until('Z', 2)
  assert.match(connection.take().toString('latin1'), /whole/)
  connection.close()
})

test('agents that vanish in the middle of a result leave no session in the database', async () => {
  for (let n = 0; n < 20; n++) {
    const connection = await openSession(throughGateway(gateway))
    connection.send(serialize.query("select repeat('x', 1000) from generate_series(1, 1000000)"))
    await connection.next()
    connection.close()
  }
  let left = -1
  for (let attempt = 0; attempt < 1_200 && left !== 0; attempt++) {
    const [row] = await server.sql(
      `select count(*)::int as n from pg_stat_activity where usename = '${USER}' and query like '%repeat%' and state = 'active'`,
    )
    left = Number(row?.['n'])
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  assert.equal(left, 0)
  await assertSound(gateway, server)
})

test('three hundred sockets that never say anything do not keep anybody else out', async () => {
  const silent = await Promise.all(Array.from({ length: 300 }, () => openSocket(gateway.host, gateway.port)))
  for (const socket of silent.slice(0, 150)) socket.send(Buffer.from([0]))
  await assertSound(gateway, server)
  for (const socket of silent) socket.close()
})
