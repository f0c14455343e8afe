// Any sequence of messages is answered through the gateway as the server answers it. Sequences are random but seeded, and
// as many in every run; SALLYPORT_FUZZ_SECONDS and SALLYPORT_FUZZ_SEED look longer and elsewhere.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type PostgresServer, startPostgres } from '../embedded.ts'
import { ALLOW_ALL, type Gateway, startGateway } from '../gateway.ts'
import { findDifference } from './fuzz/differences.ts'
import { same, sameButSettings } from './fuzz/same.ts'
import { APP, SCHEMA, SECONDS, SEED, TRIES } from './fuzz/setup.ts'

const MASKS = [{ name: 'ssn', columns: ['public.hidden.ssn'], strategy: 'Redact' }]

let server: PostgresServer

before(async () => {
  server = await startPostgres()
  await server.sql(`create role ${APP.user} login password '${APP.password}'`)
  await server.sql(`create database direct owner ${APP.user}`)
  await server.sql(`${SCHEMA} create table hidden (ssn text);`, 'direct')
  await server.sql('create database through template direct')
})

after(async () => {
  await server?.stop()
})

const POLICIES: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'a policy that allows everything': ALLOW_ALL,
  'recordings that are on disk before anything runs': { ...ALLOW_ALL, recording: { durability: 'Synced' } },
  'masks on another table': { ...ALLOW_ALL, masking: MASKS },
}

for (const [name, policy] of Object.entries(POLICIES)) {
  test(`random sequences are answered as the server would, under ${name}`, async () => {
    const gateway: Gateway = await startGateway({ upstream: { ...server, ...APP }, policies: [{ ...policy }] })
    try {
      const at = { host: server.host, port: server.port, ...APP, database: 'direct' }
      const ways = {
        direct: at,
        through: { host: gateway.host, port: gateway.port, user: APP.user, database: 'through' },
        reset: () => Promise.all(['direct', 'through'].map((database) => server.sql('truncate kept', database))),
        same: name.startsWith('masks') ? sameButSettings : same,
        refusals: name.startsWith('masks') ? ['E ERROR 0A000', 'E ERROR 42501'] : [],
      }
      const { difference } = await findDifference(ways, SEED, TRIES, Date.now() + SECONDS * 1000)
      assert.equal(difference, undefined)
    } finally {
      await gateway.stop()
    }
  })
}
