// Every metric, scope and action of a limit on a real server, but those of time (limits-time.test.ts) and of changed rows
// (limits-affected.test.ts).
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type PostgresServer, startPostgres } from '../postgres/embedded.ts'
import { errorFields } from '../postgres/raw.ts'
import { call, execute, flush, query, run, sync } from '../postgres/session/messages.ts'
import { drain, limited, limitReports, TABLES } from './limited.ts'
import { allow, allowing, eventually, prepare, refusedLogin, type Served, Stage } from './stage.ts'

const ONE = 'select n from numbers where n = 1'
const MANY = 'select n from numbers order by n'

const SERVED: Readonly<Record<string, Served>> = {
  rows: limited({ metric: 'Rows', per: 'Statement', max: 100 }),
  'rows-session': limited({ metric: 'Rows', per: 'Session', max: 150 }),
  'rows-agent': limited({ metric: 'Rows', per: 'Agent', max: 150, window: '5s' }),
  bytes: limited({ metric: 'Bytes', per: 'Statement', max: 5000 }),
  statements: limited({ metric: 'Statements', per: 'Session', max: 3 }),
  sessions: limited({ metric: 'Sessions', per: 'Agent', max: 2 }),
  terminate: limited({ metric: 'Rows', per: 'Statement', max: 100, onExceed: 'Terminate' }),
  alert: limited({ metric: 'Rows', per: 'Statement', max: 100, onExceed: 'Alert' }),
  audit: limited({ metric: 'Rows', per: 'Statement', max: 100, mode: 'Audit' }),
  approval: limited({
    metric: 'Rows',
    per: 'Statement',
    max: 100,
    onExceed: 'RequireApproval',
    approval: { approvers: { groups: ['dba'] }, quorum: 1, timeout: '1m' },
  }),
  told: limited({ metric: 'Bytes', per: 'Session', max: 60 }),
  called: {
    policies: [
      allowing({
        rules: [{ name: 'calls', match: { verbs: ['call'] }, action: 'Allow' }, allow('Read', 'Write', 'Admin')],
        limits: [{ metric: 'Bytes', per: 'Statement', max: 5000, onExceed: 'Deny' }],
      }),
    ],
  },
  both: limited(
    { metric: 'Rows', per: 'Statement', max: 100 },
    { metric: 'Rows', per: 'Session', max: 150, onExceed: 'Terminate' },
  ),
}

let server: PostgresServer
let stage: Stage

before(async () => {
  server = await startPostgres()
  await prepare(server, TABLES)
  stage = await Stage.open(server, SERVED)
})

after(async () => {
  await stage?.stop()
  await server?.stop()
})

const LIMIT = /limit of policy data\/rows-0 reached: 100 Rows per Statement/

describe('Rows per Statement: exactly as many rows as allowed, then an error, and the session goes on', () => {
  const cases: Readonly<Record<string, { bytes: Buffer; status: string; first?: Buffer }>> = {
    'a simple query': { bytes: query(MANY), status: 'I' },
    'an extended query': { bytes: Buffer.concat([run(MANY), sync()]), status: 'I' },
    'inside a transaction': { first: query('begin'), bytes: query(MANY), status: 'E' },
    'an extended query inside a transaction': {
      first: query('begin'),
      bytes: Buffer.concat([run(MANY), sync()]),
      status: 'E',
    },
    'COPY TO STDOUT': { bytes: query(`copy (${MANY}) to stdout`), status: 'I' },
    'COPY TO STDOUT in binary': { bytes: query(`copy (${MANY}) to stdout (format binary)`), status: 'I' },
    'the second statement of a message': { bytes: query(`select 1; ${MANY}`), status: 'I' },
    RETURNING: { bytes: query('insert into written select n from numbers returning n'), status: 'I' },
    'a pipeline behind it': {
      bytes: Buffer.concat([run(MANY), run('insert into written values (-1)'), sync()]),
      status: 'I',
    },
  }
  for (const [name, { bytes, status, first }] of Object.entries(cases)) {
    test(name, async () => {
      const session = await stage.raw('rows')
      if (first) await drain(session, first)
      const result = await drain(session, bytes)
      // `select 1` returns a row of its own; a header or trailer of COPY counts as one.
      const expected = name.startsWith('the second') ? 101 : 100
      assert.equal(result.rows, expected)
      assert.match(result.error, LIMIT)
      assert.equal(result.status, status)
      if (status === 'E') assert.equal((await drain(session, query('rollback'))).status, 'I')
      assert.deepEqual(await drain(session, query('select 7')), { rows: 1, error: '', status: 'I' })
      session.close()
    })
  }

  test('nothing behind a cut has happened', async () => {
    assert.deepEqual(await server.sql('select n from written where n < 0', 'shop'), [])
  })

  test('of a change that was cut the error says that it may stand', async () => {
    const client = await stage.client('rows')
    const failure = await client.failure('insert into written select n from numbers returning n')
    assert.match(String(failure.hint), /may have been kept/)
    await client.end()
  })

  test('exactly the limit is no excess', async () => {
    const session = await stage.raw('rows')
    assert.deepEqual(await drain(session, query(`${MANY} limit 100`)), { rows: 100, error: '', status: 'I' })
    session.close()
  })

  test('a portal that is read in parts is one statement', async () => {
    const session = await stage.raw('rows')
    await drain(session, query('begin'))
    session.send(run(MANY, 60), flush())
    assert.equal((await session.until('s')).filter(({ type }) => type === 'D').length, 60)
    session.send(execute('', 60), sync())
    const rest = await session.until('Z')
    assert.equal(rest.filter(({ type }) => type === 'D').length, 40)
    assert.match(errorFields(rest.find(({ type }) => type === 'E')?.body ?? Buffer.alloc(0))['M'] ?? '', LIMIT)
    session.close()
  })

  test('the server stops working on what was cut', async () => {
    const session = await stage.raw('rows')
    const { error } = await drain(session, query('select g, pg_sleep(0.001) from generate_series(1, 1000000) g'))
    assert.match(error, LIMIT)
    await eventually('the server has stopped', async () => (await stage.running('generate_series')) === 0)
    session.close()
  })
})

test('Rows per Session: later statements are refused, transactions can still be ended, other sessions go on', async () => {
  const client = await stage.client('rows-session')
  await client.query('begin')
  assert.equal((await client.query(`${MANY} limit 150`)).rows.length, 150)
  assert.match((await client.failure('select 1')).message, /150 Rows per Session/)
  await client.query('rollback')
  const other = await stage.client('rows-session')
  assert.equal((await other.query(`${MANY} limit 150`)).rows.length, 150)
  await Promise.all([client.end(), other.end()])
})

test('Rows per Agent: counted over sessions, refused until the window has room again', async () => {
  const first = await stage.client('rows-agent')
  const second = await stage.client('rows-agent')
  assert.equal((await first.query(`${MANY} limit 150`)).rows.length, 150)
  const refused = await second.failure('select 1')
  assert.match(refused.message, /150 Rows per Agent in 5s/)
  assert.match(String(refused.hint), /room again in [0-9]+ s/)
  await eventually('there is room again', () =>
    second.query('select 1').then(
      () => true,
      () => false,
    ),
  )
  await Promise.all([first.end(), second.end()])
})

test('Bytes per Statement: no more than allowed', async () => {
  const session = await stage.raw('bytes')
  session.send(query(`select repeat('x', 100) from numbers`))
  const messages = await session.until('Z')
  const rows = messages.filter(({ type }) => type === 'D')
  const bytes = rows.reduce((sum, { body }) => sum + body.length + 5, 0)
  assert.ok(bytes <= 5000, `${bytes} bytes`)
  assert.match(errorFields(messages.find(({ type }) => type === 'E')?.body ?? Buffer.alloc(0))['M'] ?? '', /Bytes/)
  assert.deepEqual(await drain(session, query('select 7')), { rows: 1, error: '', status: 'I' })
  session.close()
})

test('Bytes per Statement: one row that is larger is not passed on at all', async () => {
  const session = await stage.raw('bytes')
  session.send(query(`select repeat('x', 3000000)`))
  const messages = await session.until('Z')
  assert.equal(messages.filter(({ type }) => type === 'D').length, 0)
  assert.match(errorFields(messages.find(({ type }) => type === 'E')?.body ?? Buffer.alloc(0))['M'] ?? '', /Bytes/)
  assert.deepEqual(await drain(session, query('select 7')), { rows: 1, error: '', status: 'I' })
  session.close()
})

test('Bytes per Statement: an error that quotes a whole result is no way out, a short one is told', async () => {
  const session = await stage.raw('bytes')
  const whole = `select string_agg(repeat('x', 100), '')::int from numbers`
  const failures = [query(whole), Buffer.concat([run(whole), sync()]), query('select max(n)::text::date from numbers')]
  const said: string[] = []
  for (const messages of failures) {
    session.send(messages)
    const [error] = (await session.until('Z')).filter(({ type }) => type === 'E')
    said.push(errorFields(error?.body ?? Buffer.alloc(0))['M'] ?? '')
  }
  const withheld = /^invalid_text_representation \(.* because a limit on Bytes leaves no room for them\)$/
  assert.match(said[0] ?? '', withheld)
  assert.match(said[1] ?? '', withheld)
  assert.match(said[2] ?? '', /"1000"/)
  session.close()
})

test('Bytes per Statement: notifications are no way out, the first of them is told', async () => {
  const session = await stage.raw('bytes')
  const notified: number[] = []
  for (const text of [
    'listen a',
    `select count(pg_notify('a', repeat('x', 3000) || n)) from numbers where n <= 10`,
    ONE,
  ]) {
    session.send(query(text))
    for (const { type, body } of await session.until('Z')) if (type === 'A') notified.push(body.length)
  }
  assert.equal(notified.length, 10)
  // Some may come behind the next statement, which has room of its own.
  const whole = notified.filter((length) => length > 3000).length
  assert.ok(whole === 1 || whole === 2, `${whole} were passed on whole`)
  session.close()
})

test('Bytes per Statement: the result of a function call by message counts as a row does', async () => {
  const [{ oid } = {}] = await server.sql(
    "select 'table_to_xml(regclass, boolean, boolean, text)'::regprocedure::oid::int as oid",
  )
  const session = await stage.raw('called')
  session.send(call(Number(oid), 'public.numbers', 't', 'f', ''))
  const messages = await session.until('Z')
  assert.equal(messages.filter(({ type }) => type === 'V').length, 0)
  assert.match(errorFields(messages.find(({ type }) => type === 'E')?.body ?? Buffer.alloc(0))['M'] ?? '', /Bytes/)
  session.send(call(Number(oid), 'public.few', 't', 'f', ''))
  assert.equal((await session.until('Z')).filter(({ type }) => type === 'V').length, 1)
  session.close()
})

test('Bytes per Session: settings are no way out', async () => {
  const session = await stage.raw('told')
  const read = `(select string_agg('x' || n, ',') from numbers)`
  assert.match(
    (await drain(session, query(`select count(set_config('search_path', ${read}, false))`))).error,
    /60 Bytes per Session\) could not be kept: it puts what it reads into a setting/,
  )
  session.send(
    query(`select count(set_config('application_name', repeat('x', n + 59), false)) from numbers where n = 1`),
  )
  assert.deepEqual(
    (await session.until('Z')).map(({ type }) => type),
    ['T', 'D', 'C', 'Z'],
  )
  assert.match((await drain(session, query(ONE))).error, /60 Bytes per Session/)
  session.close()
})

test('Statements per Session: the next one is refused, goodbye is not', async () => {
  const client = await stage.client('statements')
  for (let i = 0; i < 3; i++) assert.equal(await client.value(ONE), 1)
  assert.match((await client.failure(ONE)).message, /3 Statements per Session/)
  await client.end()
})

test('Sessions per Agent: one more is not let in until one leaves', async () => {
  const [first, second] = await Promise.all([stage.client('sessions'), stage.client('sessions')])
  const refused = await refusedLogin(stage.config('sessions'))
  assert.match(refused.message, /limit of policy data\/sessions-0 reached: 2 Sessions per Agent/)
  assert.equal(refused.code, '53300')
  await first.end()
  await eventually('there is room', () =>
    stage.client('sessions').then(
      async (client) => {
        await client.end()
        return true
      },
      () => false,
    ),
  )
  await second.end()
})

describe('what happens at the limit', () => {
  test('Terminate ends the session, with the rows that were allowed', async () => {
    const session = await stage.raw('terminate')
    const { rows, error, status } = await drain(session, query(MANY))
    assert.equal(rows, 100)
    assert.match(error, /100 Rows per Statement/)
    assert.equal(status, 'closed')
  })

  for (const [name, text] of [
    ['alert', 'Alert'],
    ['audit', 'mode Audit'],
  ] as const) {
    test(`${text} only reports`, async () => {
      const client = await stage.client(name)
      assert.equal((await client.query(MANY)).rows.length, 1000)
      await client.end()
      await eventually('it is told', async () => (await limitReports(stage, name)).length === 1)
      const [report] = await limitReports(stage, name)
      assert.equal(report?.['mode'], name === 'audit' ? 'Audit' : 'Enforce')
    })
  }

  test('RequireApproval refuses and says that no approver can be reached', async () => {
    const client = await stage.client('approval')
    const failure = await client.failure(MANY)
    assert.match(`${failure.message} ${failure.hint}`, /100 Rows per Statement.*no approver can be reached/s)
    assert.equal(await client.value('select 1'), 1)
    await client.end()
  })

  test('of two limits the one that is reached first speaks', async () => {
    const client = await stage.client('both')
    assert.match((await client.failure(MANY)).message, /100 Rows per Statement/)
    assert.match((await client.failure(MANY)).message, /150 Rows per Session/)
    await client.lost
  })

  test('every limit that was reached is an audit event of its own', async () => {
    for (const name of Object.keys(SERVED)) {
      await eventually(
        `data/${name}-0 is told`,
        async () => name === 'sessions' || (await limitReports(stage, name)).length > 0,
      )
    }
  })
})
