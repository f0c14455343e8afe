// Hostile bytes from the target's side: the gateway stays up, and what it cannot account for does not reach the agent.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { serialize } from 'pg-protocol'
import { freePort } from '../../free-port.ts'
import { type PostgresServer, startPostgres } from '../embedded.ts'
import { type Gateway, startGateway } from '../gateway.ts'
import { openSession } from '../raw.ts'
import { type Intruder, MARK, startIntruder } from './intruder.ts'
import { assertSound, PASSWORD, POLICY, prepareHostile, SECRET, settle, throughGateway, USER } from './setup.ts'
import { TARGET_ANSWERS } from './target-bytes.ts'

let server: PostgresServer
let gateway: Gateway
let intruder: Intruder

before(async () => {
  server = await startPostgres()
  await prepareHostile(server)
  intruder = await startIntruder(await freePort(), server)
  gateway = await startGateway({
    upstream: { host: '127.0.0.1', port: intruder.port, user: USER, password: PASSWORD },
    policies: [POLICY],
  })
  await assertSound(gateway, server)
})

after(async () => {
  await gateway?.stop()
  intruder?.close()
  await server?.stop()
})

for (const [name, answer] of Object.entries(TARGET_ANSWERS)) {
  for (const way of ['simple', 'extended'] as const) {
    test(`${name} (${way}): the agent sees nothing it may not`, async () => {
      const connection = await openSession(throughGateway(gateway))
      intruder.answer(answer)
      const text = `select id, secret, plain as ${MARK} from known`
      if (way === 'simple') connection.send(serialize.query(text))
      else
        connection.send(
          serialize.parse({ text }),
          serialize.bind(),
          serialize.describe({ type: 'P' }),
          serialize.execute(),
          serialize.sync(),
        )
      await settle(connection)
      assert.ok(!connection.take().includes(SECRET), 'the protected value reached the agent')
      assert.ok(!intruder.heard().includes(PASSWORD), 'the credential was sent')
      connection.close()
      await assertSound(gateway, server)
    })
  }
}
