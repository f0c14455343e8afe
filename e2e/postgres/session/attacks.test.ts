// Ways to make the gateway decide one statement while the server executes another. A masked value is planted; whatever
// the agent does with names, search_path, cursors and transactions, it never sees it. Every row stays for ever.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { PostgresServer } from '../embedded.ts'
import { ALLOW_ALL, type Gateway, startGateway } from '../gateway.ts'
import { openSession, type RawConnection } from '../raw.ts'
import { ATTACKS, STILL_USABLE } from './attacks.ts'
import type { Round } from './messages.ts'
import { APP, SECRET, startShop } from './schema.ts'

let server: PostgresServer
let gateway: Gateway

before(async () => {
  server = await startShop()
  const columns = ['guarded.people.ssn', 'public.people.ssn']
  const masking = [{ name: 'ssn', columns, strategy: 'Redact', predicates: 'Allow', copies: 'Deny', writes: 'Deny' }]
  gateway = await startGateway({ upstream: { ...server, ...APP }, policies: [{ ...ALLOW_ALL, masking }] })
})

after(async () => {
  await gateway?.stop()
  await server?.stop()
})

for (const [name, rounds] of Object.entries(ATTACKS)) {
  test(`no masked value through ${name}`, async () => {
    const received = await exchange(rounds)
    assert.ok(!received.includes(SECRET), `the agent received ${received.replaceAll('\0', '.')}`)
    assert.doesNotMatch(received, /the gateway failed/)
  })
}

for (const [name, rounds] of Object.entries(STILL_USABLE)) {
  test(`with a mask in force still usable: ${name}`, async () => {
    const received = await exchange(rounds)
    assert.ok(received.includes('plain-value'), received.replaceAll('\0', '.'))
    assert.ok(!received.includes(SECRET))
  })
}

/** What the agent receives in all. */
async function exchange(rounds: readonly Round[]): Promise<string> {
  const session = await open()
  for (const { bytes, ready } of rounds) {
    session.send(bytes)
    await session.until('Z', ready)
  }
  session.close()
  return session.take().toString('latin1')
}

function open(): Promise<RawConnection> {
  return openSession({ host: gateway.host, port: gateway.port, user: APP.user, database: 'shop' })
}
