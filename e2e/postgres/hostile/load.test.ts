// Great numbers and great sizes: memory stays bounded, others are served, nothing is lost.
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { serialize } from 'pg-protocol'
import { freePort } from '../../free-port.ts'
import { type PostgresServer, startPostgres } from '../embedded.ts'
import { type Gateway, startGateway } from '../gateway.ts'
import { errorFields, openSession, openSocket, type RawConnection, startupMessage } from '../raw.ts'
import { assertSound, DATABASE, PASSWORD, POLICY, prepareHostile, throughGateway, USER } from './setup.ts'

/** Ten thousand, or as many as fit where the limit of open files cannot be raised: the gateway holds two for each session. */
const MANY = Math.min(10_000, Math.floor((openFiles() - 1000) / 2))

let server: PostgresServer
let gateway: Gateway
/** Closed at the end, come what may: an open one would keep the test from ending. */
let crowded: RawConnection[] = []

before(async () => {
  server = await startPostgres({ settings: { max_connections: '60' } })
  await prepareHostile(server)
  gateway = await startGateway({ upstream: { ...server, user: USER, password: PASSWORD }, policies: [POLICY] })
  await assertSound(gateway, server)
})

after(async () => {
  for (const connection of crowded) connection.close()
  await gateway?.stop()
  await server?.stop()
})

test('a value of a gigabyte, and a COPY of one, pass through in bounded memory', async () => {
  for (const text of [
    "select repeat('x', 1000000000) as big",
    "copy (select repeat('x', 60000000) from generate_series(1, 17)) to stdout",
  ]) {
    const session = await openSession(throughGateway(gateway))
    const base = await residentMegabytes(gateway.processId)
    const { bytes, peak } = await drain(session, serialize.query(text))
    session.close()
    assert.ok(bytes > 1_000_000_000, `only ${bytes} bytes came`)
    // Far from the value's size; the rest is buffers that the collector has not come round to.
    assert.ok(peak - base < 500, `${text}: memory grew from ${base} to ${peak} MB`)
  }
  await assertSound(gateway, server)
})

test('a row of COPY that is too large to be masked ends the session with a reason', async () => {
  const session = await openSession(throughGateway(gateway))
  session.send(serialize.query("copy (select repeat('x', 200000000)) to stdout"))
  const messages = await session.until('Z')
  const error = messages.find(({ type }) => type === 'E')
  assert.match(error ? (errorFields(error.body)['M'] ?? '') : 'none', /limit/)
  session.close()
  await assertSound(gateway, server)
})

test('an agent that does not read its result costs no memory', async () => {
  const session = await openSession(throughGateway(gateway))
  const base = await residentMegabytes(gateway.processId)
  session.socket.pause()
  session.send(serialize.query("select repeat('y', 1000) from generate_series(1, 1000000)"))
  await new Promise((resolve) => setTimeout(resolve, 2_000))
  const grown = (await residentMegabytes(gateway.processId)) - base
  session.close()
  assert.ok(grown < 100, `memory grew by ${grown} MB`)
  await assertSound(gateway, server)
})

test('a script of 100,000 statements is run or refused with a reason, and nobody is locked out', async () => {
  const session = await openSession(throughGateway(gateway))
  session.send(serialize.query('select 1;'.repeat(100_000)))
  const messages = await session.until('Z')
  const error = messages.find(({ type }) => type === 'E')
  if (error) assert.match(errorFields(error.body)['M'] ?? '', /\S/)
  else assert.equal(messages.filter(({ type }) => type === 'C').length, 100_000)
  session.close()
  await assertSound(gateway, server)
})

test('a parameter of 100 MB is forwarded or refused with a reason', async () => {
  const session = await openSession(throughGateway(gateway))
  session.send(
    serialize.parse({ text: 'select length($1)' }),
    serialize.bind({ values: ['z'.repeat(100 << 20)] }),
    serialize.execute(),
    serialize.sync(),
  )
  const messages = await session.until('Z')
  const [row, error] = [messages.find(({ type }) => type === 'D'), messages.find(({ type }) => type === 'E')]
  if (row) assert.match(row.body.toString('latin1'), /104857600/)
  else
    assert.match(error ? (errorFields(error.body)['M'] ?? '') : 'closed without a word', /large|long|size|byte|limit/i)
  session.close()
  await assertSound(gateway, server)
})

test(`${MANY} hellos to a server that has room for sixty: everybody is told`, async (context) => {
  if (MANY < 1000) return context.skip(`only ${openFiles()} files may be open at once (ulimit -n)`)
  const base = await residentMegabytes(gateway.processId)
  const { connections, outcomes } = await crowd(gateway, {})
  const peak = await residentMegabytes(gateway.processId)
  for (const connection of connections) connection.close()
  assert.ok((outcomes.get('ready') ?? 0) >= 20, `few sessions were opened: ${JSON.stringify([...outcomes])}`)
  assert.equal(outcomes.get('closed without a word') ?? 0, 0, `everybody is told why: ${JSON.stringify([...outcomes])}`)
  assert.ok(peak - base < 1000, `memory grew from ${base} to ${peak} MB`)
  await assertEventuallySound()
})

test(`${MANY} sessions at once in one gateway`, async (context) => {
  if (MANY < 1000) return context.skip(`only ${openFiles()} files may be open at once (ulimit -n)`)
  const port = await freePort()
  const program = join(import.meta.dirname, 'crowd-server.ts')
  const target = spawn(process.execPath, [program, String(port), server.host, String(server.port), 'one-of-many'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(target.stdout, 'data') // it listens
  const upstream = { host: '127.0.0.1', port, user: USER, password: PASSWORD }
  const big = await startGateway({
    upstream,
    policies: [POLICY],
    settings: { authMethods: ['SCRAM-SHA-256', 'Trust'] },
  })
  try {
    const base = await residentMegabytes(big.processId)
    const { connections, outcomes } = await crowd(big, { application_name: 'one-of-many' })
    const left = `${JSON.stringify([...outcomes])} of ${MANY}`
    assert.equal(outcomes.get('ready'), MANY, left)
    for (const connection of connections) connection.send(serialize.query('select id from known'))
    for (const connection of connections) await connection.until('Z')
    const perSession = ((await residentMegabytes(big.processId)) - base) / MANY
    for (const connection of connections) connection.close()
    assert.ok(perSession < 0.1, `${perSession} MB for each session`)
  } finally {
    await big.stop()
    target.kill()
  }
})

test('a full disk stops what would go unrecorded', async (context) => {
  const state = await mkdtemp(join(tmpdir(), 'sallyport-full-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', state], { stdio: 'ignore' })
  } catch {
    await rm(state, { recursive: true })
    return context.skip('a small file system cannot be mounted here')
  }
  const small = await startGateway({
    upstream: { ...server, user: USER, password: PASSWORD },
    policies: [POLICY],
    state,
  })
  try {
    await server.sql(`set role ${USER}; drop table if exists counted; create table counted (n int)`, DATABASE)
    const session = await openSession({ ...throughGateway(small) })
    const filler = 'x'.repeat(2_000)
    let done = 0
    let refusal: string | undefined
    while (refusal === undefined && done < 20_000) {
      session.send(
        serialize.query(`insert into counted (n) select ${done} as "${filler.slice(0, 50)}" where '${filler}' <> ''`),
        serialize.query(`select '${filler}'`),
      )
      const messages = await session.until('Z', 2)
      const error = messages.find(({ type }) => type === 'E')
      if (error || session.closed) refusal = error ? (errorFields(error.body)['M'] ?? '') : 'closed'
      else done++
    }
    assert.ok(refusal !== undefined, 'nothing was refused although the disk is full')
    assert.match(refusal, /record/i)
    const [row] = await server.sql('select count(*)::int as n from counted', DATABASE)
    assert.ok(Number(row?.['n']) <= done + 1, `${row?.['n']} statements ran, ${done} were answered`)
    session.close()
  } finally {
    await small.stop()
    execFileSync('umount', ['-l', state])
    await rm(state, { recursive: true, force: true })
  }
})

async function drain(session: RawConnection, request: Buffer): Promise<{ bytes: number; peak: number }> {
  session.socket.removeAllListeners('data')
  let bytes = 0
  let peak = 0
  let tail = Buffer.alloc(0)
  const watch = setInterval(async () => {
    peak = Math.max(peak, await residentMegabytes(gateway.processId))
  }, 50)
  await new Promise<void>((resolve, reject) => {
    session.socket.on('close', () => reject(new Error(`closed after ${bytes} bytes`)))
    session.socket.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      tail = Buffer.concat([tail, chunk.subarray(-6)]).subarray(-6)
      if (tail.toString('hex') === '5a0000000549') resolve()
    })
    session.send(request)
  })
  clearInterval(watch)
  return { bytes, peak }
}

async function residentMegabytes(processId: number): Promise<number> {
  const status = await readFile(`/proc/${processId}/status`, 'latin1')
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024)
}

/** How many files a process may have open; this one and the gateway get as many as they may ask for. */
function openFiles(): number {
  const limit = /Max open files\s+\d+\s+(\d+)/.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1]
  return Number(limit ?? 0)
}

/** Connects in batches, so that none waits long for its turn, says hello on each, and counts what came of it. */
async function crowd(to: Gateway, parameters: Readonly<Record<string, string>>) {
  const connections: RawConnection[] = []
  crowded = connections
  const outcomes = new Map<string, number>()
  const hello = startupMessage({ user: USER, database: DATABASE, ...parameters })
  for (let n = 0; n < MANY; n += 100) {
    const batch = Math.min(100, MANY - n)
    const more = await Promise.all(Array.from({ length: batch }, () => openSocket(to.host, to.port)))
    for (const connection of more) connection.send(hello)
    for (const connection of more) {
      const outcome = await welcome(connection)
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
    }
    connections.push(...more)
  }
  return { connections, outcomes }
}

async function welcome(connection: RawConnection): Promise<string> {
  const messages = await connection.until('Z')
  if (messages.at(-1)?.type === 'Z') return 'ready'
  const error = messages.find(({ type }) => type === 'E')
  return error ? (errorFields(error.body)['C'] ?? 'error') : 'closed without a word'
}

async function assertEventuallySound(): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await assertSound(gateway, server)
    } catch (error) {
      if (attempt === 240) throw error
      await new Promise((resolve) => setTimeout(resolve, 250))
    }
  }
}
