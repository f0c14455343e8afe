// What is written to the manifests is in force in running sessions, or the gateway says why not.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type PostgresServer, startPostgres } from '../postgres/embedded.ts'
import { errorFields, message } from '../postgres/raw.ts'
import { APP, allow, allowing, eventually, prepare, refusedLogin, type Served, Stage } from './stage.ts'

const SCHEMA = `
  create table customers (id int primary key, name text, email text);
  insert into customers select i, 'name ' || i, 'user' || i || '@example.com' from generate_series(1, 1000) i;
`
const OPEN: Served = { policies: [allowing()] }
const EMAIL = { name: 'emails', columns: ['public.customers.email'], strategy: 'Redact' }
const MASKED: Served = { policies: [allowing({ masking: [EMAIL] })] }
const NAMES = [
  'edited',
  'quiet',
  'removed',
  'rotated',
  'broken',
  'invalid',
  'unmasked',
  'weakened',
  'masked',
  'portal',
  'cursor',
  'streaming',
  'second-mask',
  'timed',
] as const

let server: PostgresServer
let stage: Stage

before(async () => {
  server = await startPostgres()
  await prepare(server, SCHEMA)
  const masked = new Set<string>(['unmasked', 'weakened', 'second-mask'])
  stage = await Stage.open(server, Object.fromEntries(NAMES.map((name) => [name, masked.has(name) ? MASKED : OPEN])))
})

after(async () => {
  await stage?.stop()
  await server?.stop()
})

test('an edited policy is in force in an open session: allowed, denied, allowed again', async () => {
  const client = await stage.client('edited')
  const bystander = await stage.client('quiet')
  assert.equal(await client.value('select count(*)::int from customers'), 1000)
  await stage.rewrite('edited', { policies: [allowing({ rules: [allow('Write')] })] })
  assert.match((await client.failure('select count(*)::int from customers')).message, /data\/edited-0/)
  await stage.rewrite('edited', OPEN)
  assert.equal(await client.value('select count(*)::int from customers'), 1000)
  assert.equal(await bystander.value('select count(*)::int from customers'), 1000)
  await Promise.all([client.end(), bystander.end()])
})

test('a prepared statement that was allowed is refused once the policy says so', async () => {
  const client = await stage.client('edited')
  const prepared = { name: 'all', text: 'select name from customers where id = $1', values: [1] }
  assert.equal((await client.query(prepared)).rows.length, 1)
  await stage.rewrite('edited', { policies: [allowing({ rules: [allow('Write')] })] })
  await assert.rejects(client.query(prepared), /data\/edited-0/)
  await stage.rewrite('edited', OPEN)
  await client.end()
})

test('a policy that is in force and probably not meant is warned of', async () => {
  const late = { name: 'late', match: { objects: [{ kind: 'table' }] }, action: 'Deny' }
  await stage.rewrite('edited', { policies: [allowing({ rules: [allow('Read'), late] })] })
  await eventually('the gateway warns', () => stage.output.includes('rule late does not keep back what rule'))
  await stage.rewrite('edited', OPEN)
})

test('a new Connection gets a listener', async () => {
  await stage.rewrite('added', OPEN)
  const client = await stage.client('added')
  assert.equal(await client.value('select 1'), 1)
  await client.end()
  assert.match(stage.output, new RegExp(`data/added \\(PostgreSQL\\) listens on 127.0.0.1:${stage.port('added')}`))
})

test('the sessions of a removed Connection are cut, and nobody listens any more', async () => {
  const client = await stage.client('removed')
  const bystander = await stage.client('quiet')
  await stage.reload(() => stage.remove('removed.yaml'))
  assert.match(await client.lost, /Connection was .*removed/)
  assert.match((await refusedLogin(stage.config('removed'))).message, /ECONNREFUSED/)
  assert.equal(await bystander.value('select 1'), 1)
  await bystander.end()
})

test('a rotated password: open sessions are cut, new ones use it', async () => {
  const client = await stage.client('rotated')
  await server.sql(`create role rotating login password 'first'; create role other login password 'x'`)
  await stage.rewrite('rotated', { ...OPEN, secret: { username: 'rotating', password: 'first' } })
  assert.match(await client.lost, /Connection was changed/)
  const second = await stage.client('rotated')
  assert.equal(await second.value('select current_user::text'), 'rotating')
  await server.sql(`alter role rotating password 'second'`)
  await stage.rewrite('rotated', { ...OPEN, secret: { username: 'rotating', password: 'second' } })
  assert.match(await second.lost, /Connection was changed/)
  const third = await stage.client('rotated')
  assert.equal(await third.value('select 1'), 1)
  await third.end()
})

test('a manifest that cannot be read keeps the last ones in force, and the gateway says so', async () => {
  const client = await stage.client('broken')
  const event = await stage.reload(() => stage.put('broken.yaml', 'kind: [Connection\n  unclosed: "'))
  assert.match(String(event['problems']), /broken\.yaml/)
  assert.match(stage.output, /the last ones stay in force/)
  assert.equal(await client.value('select 1'), 1)
  const later = await stage.client('broken')
  assert.equal(await later.value('select 1'), 1)
  await stage.rewrite('broken', OPEN)
  await Promise.all([client.end(), later.end()])
})

test('a policy whose condition is wrong denies what it selects, and says why', async () => {
  const client = await stage.client('invalid')
  const rules = [{ name: 'typo', match: { condition: 'facts.hasWere' }, action: 'Deny' }, allow('Read')]
  const event = await stage.rewrite('invalid', { policies: [allowing({ rules })] })
  assert.match(String(event['problems']), /hasWere/)
  assert.match(await client.lost, /data\/invalid-0.*hasWere/)
  assert.match((await refusedLogin(stage.config('invalid'))).message, /data\/invalid-0.*hasWere/)
  await stage.rewrite('invalid', OPEN)
})

describe('masks that come and go', () => {
  test('a deleted mask cuts the sessions that had it', async () => {
    const client = await stage.client('unmasked')
    assert.doesNotMatch(String(await client.value('select email from customers where id = 1')), /example/)
    await stage.rewrite('unmasked', OPEN)
    assert.match(await client.lost, /mask emails of policy data\/unmasked-0 was removed/)
  })

  test('a mask that is made to cover less cuts the sessions that had it', async () => {
    const client = await stage.client('weakened')
    await stage.rewrite('weakened', {
      policies: [allowing({ masking: [{ ...EMAIL, columns: ['public.customers.name'] }] })],
    })
    assert.match(await client.lost, /mask emails of policy data\/weakened-0/)
  })

  test('an added mask masks at once, prepared statements too', async () => {
    const client = await stage.client('masked')
    const prepared = { name: 'mail', text: 'select email from customers where id = $1', values: [7] }
    assert.equal((await client.query(prepared)).rows[0]?.email, 'user7@example.com')
    await stage.rewrite('masked', MASKED)
    assert.doesNotMatch(String((await client.query(prepared)).rows[0]?.email), /user7/)
    assert.doesNotMatch(String(await client.value('select email from customers where id = 7')), /user7/)
    await client.end()
  })

  test('a suspended portal that goes on after a mask was added shows nothing unmasked', async () => {
    const session = await stage.raw('portal')
    session.send(
      message('Q', 'begin\0'),
      message('P', '\0', 'select email from customers order by id\0', Buffer.alloc(2)),
      message('B', '\0', '\0', Buffer.alloc(6)),
      message('E', '\0', int(2)),
      message('H'),
    )
    await session.until('Z')
    const first = await session.until('s')
    assert.equal(first.filter(({ type }) => type === 'D').length, 2)
    await stage.rewrite('portal', MASKED)
    session.take()
    session.send(message('E', '\0', int(2)), message('S'))
    await session.until('Z')
    assert.doesNotMatch(session.take().toString('latin1'), /@example/)
    session.close()
  })

  test('an open cursor after a mask was added shows nothing unmasked', async () => {
    const client = await stage.client('cursor')
    await client.query('begin; declare c cursor for select email from customers order by id')
    assert.equal((await client.query('fetch 1 from c')).rows[0]?.email, 'user1@example.com')
    await stage.rewrite('cursor', MASKED)
    const shown = await client.query('fetch 1 from c').then(
      ({ rows }) => JSON.stringify(rows),
      (error) => String(error),
    )
    assert.doesNotMatch(shown, /@example/)
    await client.end()
  })

  for (const [name, { title, query }] of Object.entries({
    streaming: {
      title: 'a result that is being sent is stopped when a mask is added',
      query: "select repeat('x', 4000000), c.name from customers c limit 100",
    },
    'second-mask': {
      title: 'a masked result that is being sent is stopped when another mask is added',
      query: 'select c.email, c.name from customers c, customers d, generate_series(1, 3) g',
    },
  })) {
    test(title, async () => {
      const session = await stage.raw(name)
      // The agent does not read on, so the result is still under way when the policy changes.
      session.send(message('Q', `${query}\0`))
      await session.until('T')
      session.socket.pause()
      const names = { name: 'names', columns: ['public.customers.name'], strategy: 'Redact' }
      await stage.rewrite(name, { policies: [allowing({ masking: [EMAIL, names] })] })
      session.socket.resume()
      const rest = await session.until('Z')
      const error = rest.find(({ type }) => type === 'E')
      assert.match(errorFields(error?.body ?? Buffer.alloc(0))['M'] ?? 'no error', /masking rules changed/)
      session.send(message('Q', 'select 1\0'))
      assert.equal((await session.until('Z')).at(-1)?.body.toString(), 'I')
      session.close()
    })
  }
})

test('a limit on time that is added reaches open sessions', async () => {
  const client = await stage.client('timed')
  const limits = [{ metric: 'Duration', per: 'Statement', max: '3s', onExceed: 'Deny' }]
  await stage.rewrite('timed', { policies: [allowing({ limits })] })
  assert.match((await client.failure('select pg_sleep(30)')).message, /3s Duration per Statement/)
  assert.equal(await client.value('select 1'), 1)
  await client.end()
})

test('without any Connection left nothing is served', async () => {
  const alone = await Stage.open(server, { only: OPEN })
  try {
    const client = await alone.client('only')
    await alone.reload(() => alone.remove('only.yaml'))
    assert.match(await client.lost, /removed/)
  } finally {
    await alone.stop()
  }
})

test('a Connection that --listen names may be removed too', async () => {
  const named = await Stage.open(server, { one: OPEN, two: OPEN })
  await named.kill()
  await named.start({ arguments: ['--listen', `data/one=127.0.0.1:${named.port('one')}`] })
  try {
    const client = await named.client('one')
    await named.reload(() => named.remove('one.yaml'))
    assert.match(await client.lost, /removed/)
  } finally {
    await named.stop()
  }
})

function int(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

test('no password is in the log', () => {
  assert.ok(!stage.output.includes(APP.password))
})
