// A column stops being a document elsewhere, and the gateway has not heard of it: no field comes out as plain text.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { PostgresServer } from '../embedded.ts'
import { ALLOW_ALL, type Gateway, startGateway } from '../gateway.ts'
import { openSession } from '../raw.ts'
import { query } from './messages.ts'
import { APP, SECRET, startShop } from './schema.ts'

let server: PostgresServer
let gateway: Gateway

before(async () => {
  server = await startShop()
  const letter = `'{"phone": "${SECRET}", "state": "open"}'`
  await server.sql(
    `set role app; create table free.letters (doc jsonb); insert into free.letters values (${letter})`,
    'shop',
  )
  const masking = [{ name: 'phone', fields: ['$.phone'], strategy: 'Redact' }]
  gateway = await startGateway({
    upstream: { ...server, ...APP },
    policies: [{ ...ALLOW_ALL, masking }],
    settings: { catalogMaxAge: '60s' },
  })
})

after(async () => {
  await gateway?.stop()
  await server?.stop()
})

test('what was a document and is text now is not shown', async () => {
  const session = await openSession({ host: gateway.host, port: gateway.port, user: APP.user, database: 'shop' })
  session.send(query('select doc from free.letters'))
  await session.until('Z')
  assert.match(session.take().toString('latin1'), /"phone": "\*{4}", "state": "open"/)
  await server.sql('alter table free.letters alter doc type text', 'shop')
  session.send(query('select doc from free.letters'))
  await session.until('Z')
  session.close()
  const received = session.take().toString('latin1')
  assert.ok(!received.includes(SECRET), received.replaceAll('\0', '.'))
  assert.match(received, /column "doc" that the gateway did not foresee/)
})
