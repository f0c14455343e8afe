// What ends a connection that was let in: limits, the kill switch, other policies, the time, the gateway's own end.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { eventually, type Spec } from '../gateway/stage.ts'
import { Agent } from './clients.ts'
import { type Served, TcpStage } from './stage.ts'
import { Target } from './targets.ts'

const CONNECT = { name: 'connect', match: { verbs: ['connect'] }, action: 'Allow' }

let stage: TcpStage
let echo: Target
let flood: Target

before(async () => {
  echo = await Target.open((socket) => socket.pipe(socket))
  flood = await Target.open((socket) => {
    // Without end, but no more than a test can hold.
    const timer = setInterval(() => socket.write(Buffer.alloc(16_384, 'x')), 5)
    socket.once('close', () => clearInterval(timer))
    socket.resume()
  })
  stage = await TcpStage.open({
    bytes: plain(flood, { metric: 'Bytes', per: 'Session', max: '1M', onExceed: 'Terminate' }),
    statement: plain(flood, { metric: 'Bytes', per: 'Statement', max: '100k', onExceed: 'Deny' }),
    sent: plain(echo, { metric: 'Bytes', per: 'Session', max: '10', onExceed: 'Deny' }),
    budget: plain(echo, { metric: 'Bytes', per: 'Agent', window: '1h', max: '10', onExceed: 'Deny' }),
    alert: plain(echo, { metric: 'Bytes', per: 'Session', max: '10', onExceed: 'Alert' }),
    sessions: plain(echo, { metric: 'Sessions', per: 'Pod', max: '1', onExceed: 'Deny' }),
    statements: plain(echo, { metric: 'Statements', per: 'Agent', window: '1h', max: '1', onExceed: 'Deny' }),
    duration: plain(flood, { metric: 'Duration', per: 'Session', max: '1s', onExceed: 'Terminate' }),
    each: plain(echo, { metric: 'Duration', per: 'Statement', max: '1s', onExceed: 'Deny' }),
    idle: plain(echo, { metric: 'Idle', per: 'Session', max: '1s', onExceed: 'Terminate' }),
    suspend: plain(flood),
    bystander: plain(echo),
    rules: plain(echo),
    moved: plain(echo),
    limited: plain(echo),
    kept: plain(echo),
    seconds: {
      upstreamPort: echo.port,
      settings: { tls: 'None' },
      policy: {
        rules: [{ name: 'soon', match: { verbs: ['connect'], condition: 'session.seconds < 2' }, action: 'Allow' }],
      },
    },
  })
})

after(async () => {
  await stage?.stop()
  await echo?.close()
  await flood?.close()
})

function plain(target: Target, ...limits: readonly Spec[]): Served {
  return { upstreamPort: target.port, settings: { tls: 'None' }, policy: { rules: [CONNECT], limits } }
}

async function reasonOf(connection: string, nth = 0): Promise<string> {
  return String((await stage.event('session.closed', connection, nth))['reason'])
}

describe('limits', () => {
  for (const [connection, most] of [
    ['bytes', 1_000_000],
    ['statement', 100_000],
  ] as const) {
    test(`${connection}: what is within the limit passes, and then both sides are cut`, async () => {
      const agent = new Agent(stage.port(connection))
      const { bytes, reset } = await agent.ended
      assert.ok(bytes.length <= most, `${bytes.length} bytes`)
      assert.equal(reset, true)
      assert.match(await reasonOf(connection), /limit of policy data\/.* reached: .* Bytes per/)
      await eventually('the limit is told', async () => (await stage.events('limit.exceeded')).length > 0)
      const decided = await stage.event('action.decided', connection)
      assert.ok(Number(decided['bytes']) <= most)
      assert.equal(decided['code'], 'cut')
    })
  }

  test('what the agent sends counts as well, and what does not fit does not pass', async () => {
    const before = echo.received.length
    const agent = new Agent(stage.port('sent'))
    agent.socket.write('eleven bytes')
    assert.deepEqual(await agent.ended, { bytes: Buffer.alloc(0), reset: true })
    assert.equal(echo.received.length, before)
  })

  test('a budget that is used up lets no more connections in', async () => {
    const agent = new Agent(stage.port('budget'))
    agent.socket.write('five.')
    assert.equal((await agent.atLeast(5)).toString(), 'five.')
    agent.socket.end()
    await agent.ended
    assert.equal((await new Agent(stage.port('budget')).ended).reset, true)
    assert.match(await reasonOf('budget', 1), /10 Bytes per Agent in 1h/)
  })

  test('a limit that only alerts does only that', async () => {
    const agent = new Agent(stage.port('alert'))
    agent.socket.write('more than ten bytes')
    await agent.atLeast(19)
    agent.socket.end()
    assert.equal((await agent.ended).reset, false)
    const about = async () => (await stage.events('limit.exceeded')).filter(({ policy }) => policy === 'data/alert')
    await eventually('the alert is told', async () => (await about()).length === 1)
  })

  test('one session at a time', async () => {
    const first = new Agent(stage.port('sessions'))
    first.socket.write('here')
    await first.atLeast(4)
    assert.equal((await new Agent(stage.port('sessions')).ended).reset, true)
    assert.match(String((await stage.event('session.refused', 'sessions'))['reason']), /1 Sessions per Pod/)
    first.socket.end()
    await first.ended
    await stage.event('session.closed', 'sessions')
    const next = new Agent(stage.port('sessions'))
    next.socket.end('again')
    assert.equal((await next.atLeast(5)).toString(), 'again')
  })

  test('a connection is a statement', async () => {
    const first = new Agent(stage.port('statements'))
    first.socket.end('one')
    assert.equal((await first.ended).bytes.toString(), 'one')
    assert.equal((await new Agent(stage.port('statements')).ended).reset, true)
    assert.match(await reasonOf('statements', 1), /1 Statements per Agent/)
  })

  for (const connection of ['duration', 'each', 'idle']) {
    test(`${connection}: time ends it`, async () => {
      const agent = new Agent(stage.port(connection))
      assert.equal((await agent.ended).reset, true)
      assert.match(await reasonOf(connection), /1s (Duration|Idle) per/)
    })
  }
})

describe('policies that change', () => {
  test('suspend cuts a connection that is streaming, and nobody else', async () => {
    const agent = new Agent(stage.port('suspend'))
    await agent.atLeast(100_000)
    const other = new Agent(stage.port('bystander'))
    other.socket.write('before ')
    await other.atLeast(7)
    const served = plain(flood)
    await stage.rewrite('suspend', { ...served, policy: { ...served.policy, suspend: true } })
    assert.equal((await agent.ended).reset, true)
    assert.match(await reasonOf('suspend'), /data\/suspend is suspended/)
    await eventually('the target is let go', () => flood.open === 0)
    assert.equal((await new Agent(stage.port('suspend')).ended).reset, true)
    assert.match(String((await stage.event('session.refused', 'suspend'))['reason']), /suspended/)
    other.socket.write('after')
    assert.equal((await other.atLeast(12)).toString(), 'before after')
    await stage.rewrite('suspend', served)
    const again = new Agent(stage.port('suspend'))
    await again.atLeast(1)
    again.socket.destroy()
  })

  test('a rule that is taken away ends what it let in', async () => {
    const agent = new Agent(stage.port('rules'))
    agent.socket.write('x')
    await agent.atLeast(1)
    const served = plain(echo)
    await stage.rewrite('rules', { ...served, policy: { rules: [] } })
    assert.equal((await agent.ended).reset, true)
    assert.match(await reasonOf('rules'), /no rule of data\/rules names it/)
  })

  test('a Connection that leads elsewhere ends what went the old way', async () => {
    const agent = new Agent(stage.port('moved'))
    agent.socket.write('x')
    await agent.atLeast(1)
    await stage.rewrite('moved', plain(flood))
    assert.equal((await agent.ended).reset, true)
    assert.match(await reasonOf('moved'), /Connection was changed/)
  })

  test('a new limit on bytes ends what nobody has counted', async () => {
    const agent = new Agent(stage.port('limited'))
    agent.socket.write('x')
    await agent.atLeast(1)
    await stage.rewrite('limited', plain(echo, { metric: 'Bytes', per: 'Session', max: '1M', onExceed: 'Deny' }))
    assert.equal((await agent.ended).reset, true)
    assert.match(await reasonOf('limited'), /limits were changed/)
  })

  test('a change that says nothing else leaves it open', async () => {
    const agent = new Agent(stage.port('kept'))
    agent.socket.write('x')
    await agent.atLeast(1)
    const served = plain(echo)
    await stage.rewrite('kept', { ...served, policy: { rules: [{ ...CONNECT, name: 'renamed' }] } })
    agent.socket.end('y')
    assert.deepEqual(await agent.ended, { bytes: Buffer.from('xy'), reset: false })
  })

  test('a rule that holds for a while ends it afterwards', async () => {
    const agent = new Agent(stage.port('seconds'))
    assert.equal((await agent.ended).reset, true)
    assert.match(await reasonOf('seconds'), /no rule of data\/seconds/)
    const { verdict, rule } = await stage.event('action.decided', 'seconds')
    assert.deepEqual({ verdict, rule }, { verdict: 'Allow', rule: 'soon' })
  })
})

test('every recording is whole, and says what was cut', async () => {
  const { session } = (await stage.event('session.opened', 'bytes')) as { session?: unknown }
  const { text } = await stage.sessions('show', String(session))
  assert.match(text, /limit-exceeded, policy data\/bytes, limit 1M Bytes per Session/)
  assert.match(text, /! cut, ordinal 1, reason limit of policy/)
  const verified = await stage.sessions('verify')
  assert.equal(verified.code, 0, verified.text)
})
