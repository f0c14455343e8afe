// No planted field of a JSON document, by whichever way into it, is ever in the bytes that the agent receives.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { serialize } from 'pg-protocol'
import { type PostgresServer, startPostgres } from '../embedded.ts'
import { type Gateway, startGateway } from '../gateway.ts'
import { openSession, type RawOptions } from '../raw.ts'
import { fieldsPolicy } from './policies.ts'
import { seeded } from './random.ts'
import { nextTry, Prober } from './run.ts'
import { schemaScript } from './schema.ts'
import { allNeedles, DOCUMENTS_PLANTED, leaks } from './secrets.ts'
import { documentAttempt } from './shapes.ts'

/** Per policy. LEAK_TRIES=100000 for a long night. */
const TRIES = Number(process.env['LEAK_TRIES'] ?? 1500)
const SEED = Number(process.env['LEAK_SEED'] ?? 1)
const OWNER = 'owner_of_it_all'
const PASSWORD = 'not-a-secret'
const DATABASE = 'leak'
const NEEDLES = allNeedles(DOCUMENTS_PLANTED)

describe('fields of documents', () => {
  let server: PostgresServer
  let direct: RawOptions

  before(async () => {
    server = await startPostgres()
    await server.sql(`create role ${OWNER} login password '${PASSWORD}'; grant pg_read_all_stats to ${OWNER}`)
    await server.sql(`create database ${DATABASE} owner ${OWNER}`)
    await server.sql(`set role ${OWNER}; ${schemaScript()}; analyze`, DATABASE)
    direct = { host: server.host, port: server.port, user: OWNER, password: PASSWORD, database: DATABASE }
  })

  after(() => server?.stop())

  for (const predicates of ['Deny', 'Allow'] as const) {
    test(`with predicates: ${predicates} ${TRIES} queries leak nothing, and many are answered`, async () => {
      await using gateway = await startedGateway(server, predicates)
      const { leaky, answered } = await tried({
        host: gateway.host,
        port: gateway.port,
        user: OWNER,
        database: DATABASE,
      })
      assert.deepEqual(leaky.slice(0, 20), [], `${leaky.length} of ${TRIES} leak`)
      assert.ok(answered > TRIES * 0.1, `only ${answered} of ${TRIES} are answered: this shows little`)
    })
  }

  test('what Hash and Partial make of a field cannot be compared with what they make of a guess', async () => {
    await using gateway = await startedGateway(server, 'Deny')
    const guess = '{"k": "guessed", "list": ["guessed", 1]}'
    const connection = await openSession({ host: gateway.host, port: gateway.port, user: OWNER, database: DATABASE })
    const answered = async (text: string) => {
      connection.send(serialize.query(text))
      await connection.until('Z')
      return connection.take().toString('utf8')
    }
    const masked = '{"k": "****", "list": ["****", 0]}'
    assert.ok((await answered(`select '${guess}'::jsonb`)).includes(masked))
    assert.ok(
      (await answered("select jsonb_build_object('k', 'guessed', 'list', '[\"guessed\", 1]'::jsonb)")).includes(masked),
    )
    assert.match(await answered('select s_jsonb from vault limit 1'), /"list": \["[0-9a-f]{32}"/)
    connection.close()
  })

  test('most of them leak when nobody stops them', async () => {
    const { leaky } = await tried(direct)
    assert.ok(leaky.length > TRIES * 0.5, `only ${leaky.length} of ${TRIES} leak`)
  })
})

async function startedGateway(
  server: PostgresServer,
  predicates: 'Deny' | 'Allow',
): Promise<Gateway & AsyncDisposable> {
  const gateway = await startGateway({
    upstream: { ...server, user: OWNER, password: PASSWORD },
    policies: [fieldsPolicy(predicates)],
    installationKey: Buffer.alloc(32, 'leak'),
  })
  return { ...gateway, [Symbol.asyncDispose]: () => gateway.stop() }
}

async function tried(options: RawOptions): Promise<{ readonly leaky: readonly string[]; readonly answered: number }> {
  const prober = new Prober(options)
  const random = seeded(SEED)
  const leaky: string[] = []
  let answered = 0
  for (let number = 0; number < TRIES; number++) {
    const answer = await prober.run(nextTry(random, number, documentAttempt))
    const found = leaks(answer.bytes, NEEDLES)
    if (found.length > 0)
      leaky.push(`${answer.try.path}: ${answer.try.text} shows ${JSON.stringify(found.slice(0, 3))}`)
    if (answer.errors.length === 0) answered++
  }
  prober.close()
  return { leaky, answered }
}
