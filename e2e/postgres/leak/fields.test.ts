// No planted field of a JSON document, by whichever way into it, is ever in the bytes that the agent receives.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { serialize } from 'pg-protocol'
import type { PostgresServer } from '../embedded.ts'
import type { Gateway } from '../gateway.ts'
import { openSession, type RawOptions } from '../raw.ts'
import { fieldsPolicy } from './policies.ts'
import { seeded } from './random.ts'
import { type Tally, tally } from './run.ts'
import { allNeedles, DOCUMENTS_PLANTED } from './secrets.ts'
import { documentAttempt } from './shapes.ts'
import { asOwner, guarded, SEED, startVault, TRIES } from './stage.ts'

const NEEDLES = allNeedles(DOCUMENTS_PLANTED)

describe('fields of documents', () => {
  let server: PostgresServer

  before(async () => {
    server = await startVault()
  })

  after(() => server?.stop())

  for (const predicates of ['Deny', 'Allow'] as const) {
    test(`with predicates: ${predicates} ${TRIES} queries leak nothing, and many are answered`, async () => {
      await using gateway = await startedGateway(server, predicates)
      const { leaky, answered } = await tried(asOwner(gateway))
      assert.deepEqual(leaky.slice(0, 20), [], `${leaky.length} of ${TRIES} leak`)
      assert.ok(answered > TRIES * 0.1, `only ${answered} of ${TRIES} are answered: this shows little`)
    })
  }

  test('what Hash and Partial make of a field cannot be compared with what they make of a guess', async () => {
    await using gateway = await startedGateway(server, 'Deny')
    const guess = '{"k": "guessed", "list": ["guessed", 1]}'
    const connection = await openSession(asOwner(gateway))
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
    const { leaky } = await tried(asOwner(server))
    assert.ok(leaky.length > TRIES * 0.5, `only ${leaky.length} of ${TRIES} leak`)
  })
})

async function startedGateway(
  server: PostgresServer,
  predicates: 'Deny' | 'Allow',
): Promise<Gateway & AsyncDisposable> {
  const gateway = await guarded(server, fieldsPolicy(predicates))
  return { ...gateway, [Symbol.asyncDispose]: () => gateway.stop() }
}

function tried(options: RawOptions): Promise<Tally> {
  return tally(options, seeded(SEED), TRIES, NEEDLES, documentAttempt)
}
