// Under a policy that allows everything, real clients cannot tell the gateway from the server.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { APP, compare, prepareServer } from './clients/compare.ts'
import { CLIENTS } from './clients/programs.ts'
import { type PostgresServer, startPostgres } from './embedded.ts'
import { ALLOW_ALL, type Gateway, startGateway } from './gateway.ts'

let server: PostgresServer
let gateway: Gateway

before(async () => {
  server = await startPostgres()
  await prepareServer(server)
  gateway = await startGateway({ upstream: { ...server, ...APP }, policies: [ALLOW_ALL] })
})

after(async () => {
  await gateway?.stop()
  await server?.stop()
})

for (const client of CLIENTS) {
  test(`${client.name} cannot tell the gateway from the server`, async (context) => {
    const reason = await client.prepare().then(
      () => undefined,
      (error: Error) => error.message,
    )
    if (reason !== undefined) return context.skip(reason)
    const { direct, differences } = await compare(server, client, gateway)
    assert.ok(Object.keys(direct).length >= 15, 'the client stopped early')
    assert.deepEqual(differences, [])
  })
}
