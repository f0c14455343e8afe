// The bypass corpus on the wire: each row through a real gateway to a real server must have the decision it says.
//
// `Allow` means that the policy did not refuse: the server itself may still have its objections. What is masked may not
// hold any value that the corpus's database has in its masked columns.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, describe, test } from 'node:test'
import { serialize } from 'pg-protocol'
import { parseAllDocuments } from 'yaml'
import { type PostgresServer, startPostgres } from '#e2e/postgres/embedded.ts'
import { type Gateway, startGateway } from '#e2e/postgres/gateway.ts'
import { errorFields, openSession, type RawConnection } from '#e2e/postgres/raw.ts'
import { rowsOf } from './rows.ts'

const SCHEMA = new URL('../../sidecar/protocols/postgres/sql/testdata/shop.sql', import.meta.url)
const PASSWORD = 'shop'
/** Some rows name their database. */
const DATABASE = 'postgres'
/** What the gateway refuses with: a rule or a mask, something it cannot tell, a text that does not parse. */
const REFUSALS = ['42501', '0A000', '42601', '54000', '54001', '26000', '34000', '08P01', '22023']

let server: PostgresServer

before(async () => {
  server = await startPostgres()
  await server.sql(`create role shop login password '${PASSWORD}' superuser`)
  await server.sql(await readFile(SCHEMA, 'utf8'), DATABASE)
})

after(() => server?.stop())

for (const name of ['postgres', 'masks', 'fields']) {
  const rows = await rowsOf(name)
  describe(`the bypass corpus on the wire, ${name}`, () => {
    let gateway: Gateway
    let session: RawConnection | undefined

    before(async () => {
      gateway = await startGateway({
        upstream: { ...server, user: 'shop', password: PASSWORD },
        policies: await policiesOf(name),
      })
    })

    after(async () => {
      session?.close()
      await gateway?.stop()
    })

    for (const [number, { expect, why, statement }] of rows.entries()) {
      test(`row ${number + 1}: ${expect}: ${why}`, async () => {
        if (!session || session.closed)
          session = await openSession({ host: gateway.host, port: gateway.port, user: 'shop', database: DATABASE })
        session.send(serialize.query('begin'), serialize.query(statement), serialize.query('rollback'))
        const messages = await session.until('Z', 3)
        const errors = messages.filter(({ type }) => type === 'E').map(({ body }) => errorFields(body))
        const refused = errors.some(
          (fields) =>
            fields['F'] === undefined &&
            REFUSALS.includes(fields['C'] ?? '') &&
            !/own words are withheld/.test(fields['M'] ?? ''),
        )
        if (expect === 'Deny') assert.ok(errors.length > 0 || session.closed, `${statement} was let through`)
        else assert.equal(refused, false, `${statement} was refused: ${errors.map((fields) => fields['M']).join('; ')}`)
      })
    }
  })
}

async function policiesOf(name: string): Promise<readonly Record<string, unknown>[]> {
  const text = await readFile(new URL(`${name}.yaml`, import.meta.url), 'utf8')
  const documents = parseAllDocuments(text).map(
    (document) => document.toJS() as { kind: string; spec: Record<string, unknown> },
  )
  return documents
    .filter(({ kind }) => kind === 'AccessPolicy')
    .map(({ spec }) => ({ ...spec, agents: { namespaces: ['agents'] }, connections: ['db'] }))
}
