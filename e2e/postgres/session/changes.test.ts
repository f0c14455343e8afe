// What changes under a running statement: policies, limits, peers that go away.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { serialize } from 'pg-protocol'
import type { PostgresServer } from '../embedded.ts'
import { ALLOW_ALL, auditEvents, type Gateway, type GatewayOptions, startGateway } from '../gateway.ts'
import { errorFields, type Message, openSession, type RawConnection } from '../raw.ts'
import { bind, copyData, execute, parse, q, query, run, sync } from './messages.ts'
import { APP, SECRET, startShop } from './schema.ts'

const mask = (name: string, columns: readonly string[]) => ({ name, columns, strategy: 'Redact', predicates: 'Allow' })
const OTHER = mask('other', ['free.people.id'])
const SSN = mask('ssn', ['guarded.people.ssn'])

let server: PostgresServer

before(async () => {
  server = await startShop()
})

after(async () => {
  await server?.stop()
})

for (const [name, masking] of Object.entries({ 'no mask': [], 'a mask on another table': [OTHER] })) {
  test(`a suspended portal resumed after a mask was added to ${name} is masked`, async () => {
    await using gateway = await guarded([{ ...ALLOW_ALL, masking }])
    const session = await open(gateway)
    await exchange(session, query('begin'))
    const text = `select ssn from guarded.people, generate_series(1, 4)`
    const [first] = await exchange(session, parse(text), bind('', 'p'), execute('p', 1), sync())
    assert.ok(first?.includes(SECRET))
    await gateway.writePolicies([{ ...ALLOW_ALL, masking: [...masking, SSN] }])
    await inForce(gateway)
    const [resumed] = await exchange(session, execute('p', 2), sync())
    session.close()
    assert.ok(resumed !== undefined && !resumed.includes(SECRET), resumed)
    assert.match(resumed, /REDACTED|\*|SELECT|PortalSuspended/i)
  })

  test(`a result under way when a mask is added to ${name} is stopped`, async () => {
    await using gateway = await guarded([{ ...ALLOW_ALL, masking }])
    const session = await open(gateway)
    session.send(query('select ssn, pg_sleep(0.01) from guarded.people, generate_series(1, 100000)'))
    await session.until('D', 3)
    await gateway.writePolicies([{ ...ALLOW_ALL, masking: [...masking, SSN] }])
    const rest = await session.until('Z')
    assert.match(
      words(rest),
      /mask|changed/,
      `${rest.length} ${rest.at(-1)?.type} ${session.closed} ${gateway.output().slice(-1500)}`,
    )
    const [later] = await exchange(session, query('select ssn from guarded.people'))
    session.close()
    assert.ok(later !== undefined && !later.includes(SECRET))
  })
}

test('an unrelated change of policy stops nothing', async () => {
  await using gateway = await guarded([{ ...ALLOW_ALL, masking: [SSN] }])
  const session = await open(gateway)
  session.send(query('select ssn, pg_sleep(0.01) from guarded.people, generate_series(1, 150)'))
  await session.until('D', 3)
  await gateway.writePolicies([{ ...ALLOW_ALL, masking: [SSN, OTHER] }])
  const rest = await session.until('Z')
  session.close()
  assert.equal(words(rest), '')
})

test('what is pipelined behind a result that a limit cuts does not happen', async () => {
  const limits = [{ metric: 'Rows', per: 'Statement', max: '5', onExceed: 'Deny' }]
  await using gateway = await guarded([{ ...ALLOW_ALL, limits }])
  const session = await open(gateway)
  await exchange(session, query('create table free.audit (n int)'))
  const write = run('insert into free.audit values (1)')
  const [one] = await exchange(session, run('select * from generate_series(1, 20)'), write, sync())
  assert.match(one ?? '', /53400/)
  const [, two] = await exchange(
    session,
    query('begin'),
    run('select * from generate_series(1, 20)'),
    sync(),
    write,
    sync(),
    query('commit'),
  )
  assert.ok(two !== undefined)
  session.close()
  assert.deepEqual(await server.sql('select n from free.audit', 'shop'), [])
  await server.sql('drop table free.audit', 'shop')
})

test('the end of a COPY that has failed is not taken for the rest of its data', async () => {
  await using gateway = await guarded([{ ...ALLOW_ALL, masking: [SSN] }])
  const session = await open(gateway)
  // Once what the session means is known, data may flow while it comes.
  await exchange(session, query('select 1'))
  // The COPY fails for want of its table, while one CopyData is half way through.
  const smuggled = query(`select ssn || '' from guarded.people`)
  const data = copyData('x'.repeat(smuggled.length + 40))
  session.send(query('copy free.nowhere from stdin'), data.subarray(0, 9))
  await session.until('Z')
  session.send(data.subarray(9), query(`select 'alive'`))
  const messages = await session.until('Z')
  session.close()
  const received = session.take().toString('latin1')
  assert.ok(received.includes('alive'), `${messages.length} messages: ${received}`)
})

test('when the agent vanishes in the middle of a result the target stops and the recording is sealed', async () => {
  await using gateway = await guarded([ALLOW_ALL])
  const session = await open(gateway)
  session.send(query('select repeat($$x$$, 1000), pg_sleep(0.001) from generate_series(1, 10000000)'))
  await session.until('D', 3)
  session.socket.resetAndDestroy()
  await eventually(async () => {
    const running = await server.sql(`select 1 from pg_stat_activity where datname = 'shop' and usename = 'app'`)
    return running.length === 0
  })
  await eventually(async () => (await auditEvents(gateway)).some(({ type }) => type === 'session.closed'))
})

test('a message that is not finished when the agent closes is not forwarded', async () => {
  await using gateway = await guarded([ALLOW_ALL])
  const session = await open(gateway)
  session.send(query('create table free.never (n int)').subarray(0, 20))
  session.socket.end()
  await session.until('never')
  assert.deepEqual(await server.sql(`select 1 from pg_class where relname = 'never'`, 'shop'), [])
})

test('the cancel key of one gateway means nothing to another', async () => {
  await using one = await guarded([ALLOW_ALL])
  await using other = await guarded([ALLOW_ALL])
  const session = await open(one)
  session.send(query('select pg_sleep(0.5)'))
  const stranger = await openSession({ host: other.host, port: other.port, user: APP.user, database: 'shop' })
  stranger.send(query('select 1'))
  await stranger.until('Z')
  stranger.close()
  assert.equal(words(await session.until('Z')), '')
  session.close()
})

test('ten thousand statements in one message need no stack, and one more is refused in words', async () => {
  await using gateway = await guarded([{ ...ALLOW_ALL, masking: [SSN] }])
  const session = await open(gateway)
  session.send(query('select 1;'.repeat(9_999)))
  const answers = await session.until('Z')
  assert.equal(answers.filter(({ type }) => type === 'D').length, 9_999, words(answers))
  session.send(query('select 1;'.repeat(10_001)))
  assert.match(words(await session.until('Z')), /10000|10,000/)
  session.close()
})

for (const [way, prepare] of Object.entries({
  'prepared in the same pipeline': [],
  'prepared before': [sync()],
})) {
  test(`a condition on parameters sees the type that the server infers: ${way}`, async () => {
    const no = { verbs: ['select'], condition: 'size(facts.parameters) > 0 && facts.parameters[0] == 42' }
    const rules = [{ name: 'not-that-one', match: no, action: 'Deny' }, ...ALLOW_ALL.rules]
    await using gateway = await guarded([{ ...ALLOW_ALL, rules }])
    const session = await open(gateway)
    const ask = (value: string) => {
      const values = serialize.bind({ values: [value] })
      return exchange(session, parse('select id from free.people where id = $1'), ...prepare, values, execute(), sync())
    }
    const denied = (await ask('42')).join()
    const allowed = (await ask('1')).join()
    session.close()
    assert.match(denied, /E .*42501/)
    assert.match(allowed, /SELECT 1/)
  })
}

test('a text that is too long to be read is refused at its header', async () => {
  await using gateway = await guarded([ALLOW_ALL])
  const session = await open(gateway)
  const header = Buffer.alloc(5)
  header.write('Q')
  header.writeInt32BE(60 * 1024 * 1024, 1)
  session.send(header)
  assert.match(words(await session.until('Z')), /over the limit/)
  assert.ok(session.closed)
})

function guarded(policies: GatewayOptions['policies']): Promise<Gateway> {
  return startGateway({ upstream: { ...server, ...APP }, policies })
}

function open(gateway: Gateway): Promise<RawConnection> {
  return openSession({ host: gateway.host, port: gateway.port, user: APP.user, database: 'shop' })
}

/** What came back to each ReadyForQuery that the messages bring. */
async function exchange(session: RawConnection, ...parts: readonly Buffer[]): Promise<readonly string[]> {
  session.take()
  session.send(...parts)
  const answers: string[] = []
  const ready = parts.filter((part) => part[0] === 0x51 || part[0] === 0x53).length
  for (let left = ready; left > 0; left--) {
    const messages = await session.until('Z')
    answers.push(messages.map(({ type, body }) => `${type} ${body.toString('latin1')}`).join('\n'))
  }
  return answers
}

function words(messages: readonly Message[]): string {
  return messages
    .filter(({ type }) => type === 'E')
    .map(({ body }) => errorFields(body)['M'] ?? '')
    .join()
}

/** A session opened now is under the new policies, so open ones are too. */
async function inForce(gateway: Gateway): Promise<void> {
  await eventually(async () => {
    const session = await open(gateway)
    const [answer] = await exchange(session, ...q('select ssn from guarded.people').map(({ bytes }) => bytes))
    session.close()
    return answer !== undefined && !answer.includes(SECRET)
  })
}

async function eventually(holds: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 600; attempt++) {
    if (await holds()) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  assert.fail('it never came about')
}
