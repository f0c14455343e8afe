// The suite itself is checked here: every client runs, does what it set out to do, and a relay that only forwards bytes
// makes no difference. What the gateway makes of it is in transparency.test.ts.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startFloor } from '../../../bench/floor.ts'
import { freePort } from '../../free-port.ts'
import { type PostgresServer, startPostgres } from '../embedded.ts'
import { compare, prepareServer } from './compare.ts'
import { CLIENTS } from './programs.ts'

let server: PostgresServer
let floor: ReturnType<typeof startFloor>
let port: number

before(async () => {
  server = await startPostgres()
  await prepareServer(server)
  port = await freePort()
  floor = startFloor(port, server.host, server.port, server.host)
})

after(async () => {
  floor.close()
  await server.stop()
})

for (const client of CLIENTS) {
  test(`${client.name} behaves the same through a relay`, async (context) => {
    const reason = await client.prepare().then(
      () => undefined,
      (error: Error) => error.message,
    )
    if (reason !== undefined) return context.skip(reason)
    const { direct, differences } = await compare(server, client, { host: server.host, port })
    assert.equal(direct['exit code'], '0')
    assert.deepEqual(differences, [])
    assert.ok(Object.keys(direct).length >= 15, 'the client stopped early')
    const failed = Object.entries(direct).filter(
      ([step, line]) => step === 'other output' || /^\{("step": ?"[^"]*", ?)?"error"/.test(line),
    )
    assert.deepEqual(
      failed.map(([step]) => step),
      EXPECTED_FAILURES[client.name] ?? [],
    )
  })
}

/** Steps whose whole point is that they fail. */
const EXPECTED_FAILURES: Readonly<Record<string, readonly string[]>> = {}
