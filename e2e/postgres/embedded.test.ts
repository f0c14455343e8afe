import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import { startPostgres, type Version, whyMissing } from './embedded.ts'

const VERSIONS: readonly Version[] = [15, 18]

for (const version of VERSIONS) {
  test(`PostgreSQL ${version} starts, answers, and leaves nothing behind`, async (context) => {
    const reason = await whyMissing(version)
    if (reason !== undefined) return context.skip(reason)
    const server = await startPostgres({ version, settings: { application_name: 'chosen' } })
    const [row] = await server.sql(
      "select current_setting('server_version_num')::int / 10000 as major, current_setting('data_directory') as data",
    )
    await server.stop()
    assert.equal(row?.['major'], version)
    assert.equal(existsSync(String(row?.['data'])), false)
    await assert.rejects(server.sql('select 1'))
  })
}

test('several servers run at once', async () => {
  const servers = await Promise.all([startPostgres(), startPostgres()])
  try {
    const answers = await Promise.all(servers.map((server) => server.sql('select 1 as one')))
    assert.deepEqual(answers, [[{ one: 1 }], [{ one: 1 }]])
  } finally {
    await Promise.all(servers.map((server) => server.stop()))
  }
})

test('a server that cannot start says why', async () => {
  await assert.rejects(startPostgres({ settings: { max_connections: 'many' } }), /max_connections/)
})
