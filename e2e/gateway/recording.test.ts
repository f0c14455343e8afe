// What is kept of sessions: what it shows and what it never shows, and what is left of it after a crash or on a full disk.
import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { createCipheriv, hkdfSync } from 'node:crypto'
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { freePort } from '../free-port.ts'
import { type PostgresServer, startPostgres } from '../postgres/embedded.ts'
import { copyData, copyDone, query } from '../postgres/session/messages.ts'
import { APP, allowing, eventually, prepare, type Spec, Stage } from './stage.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const LITERAL = 'planted-literal-8472'
const PARAMETER = 'planted-parameter-5150'
const ROW = 'planted-row-1701'
const MASKED = 'planted-masked-9000'
const MASK = { name: 'secrets', columns: ['public.people.secret'], strategy: 'Redact' }

const recorded = (recording: Spec): Spec => allowing({ recording, masking: [MASK] })

let server: PostgresServer
let stage: Stage
let metrics: number

before(async () => {
  server = await startPostgres()
  await prepare(
    server,
    `create table people (name text, secret text); insert into people values ('${ROW}', '${MASKED}');
     create table numbers (n int); insert into numbers select generate_series(1, 5000);
     create table one (t text); create table two (t text)`,
  )
  metrics = await freePort()
  stage = await Stage.open(
    server,
    {
      redacted: { policies: [recorded({ level: 'Full' })] },
      clear: { policies: [recorded({ level: 'Full', literals: 'Clear' })] },
      encrypted: { policies: [recorded({ level: 'Full', literals: 'Encrypted' })] },
      copied: { policies: [recorded({ level: 'Full' })] },
      'copied-clear': { policies: [recorded({ level: 'Full', literals: 'Clear' })] },
      statements: { policies: [recorded({ level: 'Statements' })] },
      metadata: { policies: [recorded({ level: 'Metadata' })] },
      synced: { policies: [recorded({ level: 'Full', durability: 'Synced' })] },
      capped: {
        policies: [recorded({ level: 'Full', responses: { maxRowsPerStatement: 3, maxBytesPerStatement: '1Mi' } })],
      },
    },
    { arguments: ['--metrics', `127.0.0.1:${metrics}`] },
  )
})

after(async () => {
  await stage?.stop()
  await server?.stop()
})

/** Runs the same statements on one Connection and returns what its recording shows. */
async function shown(connection: string): Promise<string> {
  const client = await stage.client(connection)
  await client.query(`select name, secret from people where name <> '${LITERAL}'`)
  await client.query('select name from people where name <> $1', [PARAMETER])
  await client.failure(`select '${LITERAL}'::int`)
  await client.failure(`select from where '${LITERAL}'`)
  // The agent is told its own words, which no record keeps.
  assert.match((await client.failure(`select 1 '${LITERAL}'`)).message, new RegExp(LITERAL))
  await client.end()
  const session = await sessionOf(connection)
  const { output, code } = await sallyport('sessions', 'show', session, '--state', stage.state)
  assert.equal(code, 0, output)
  return output
}

async function sessionOf(connection: string): Promise<string> {
  const closed = async () =>
    (await stage.events('session.closed')).filter((event) => event['connection'] === `data/${connection}`).at(-1)
  await eventually('the session is closed', async () => (await closed()) !== undefined)
  return String((await closed())?.['session'])
}

const LEVELS: Readonly<Record<string, { readonly has: readonly string[]; readonly hasNot: readonly string[] }>> = {
  redacted: { has: ['from people where', ROW], hasNot: [LITERAL, PARAMETER, MASKED] },
  clear: { has: [LITERAL, PARAMETER, ROW], hasNot: [MASKED] },
  encrypted: { has: ['from people where', ROW], hasNot: [LITERAL, PARAMETER, MASKED] },
  statements: { has: ['from people where'], hasNot: [LITERAL, PARAMETER, ROW, MASKED] },
  metadata: { has: ['select'], hasNot: [LITERAL, PARAMETER, ROW, MASKED, 'from people where'] },
  synced: { has: ['from people where', ROW], hasNot: [LITERAL, PARAMETER, MASKED] },
}

for (const [connection, { has, hasNot }] of Object.entries(LEVELS)) {
  test(`a recording shows what its policy says: ${connection}`, async () => {
    const output = await shown(connection)
    for (const text of has) assert.ok(output.includes(text), `${text} is missing:\n${output}`)
    for (const text of hasNot) assert.ok(!output.includes(text), `${text} is there:\n${output}`)
  })
}

test('at the cap of rows whole rows are kept, and the rest is counted', async () => {
  const client = await stage.client('capped')
  await client.query('select n + 1000000 as big from numbers order by n')
  await client.end()
  const { output } = await sallyport('sessions', 'show', await sessionOf('capped'), '--state', stage.state)
  assert.match(output, /1000003/)
  assert.doesNotMatch(output, /1000004/)
  assert.match(output, /5000/)
})

/** Two COPYs in one message, their data sent ahead in several messages. Returns the outcomes as the recording shows them. */
async function broughtIn(connection: string): Promise<{ readonly session: string; readonly output: string }> {
  const client = await stage.raw(connection)
  client.send(query('copy one from stdin; copy two from stdin'))
  await client.until('G')
  client.send(...ONE, copyDone())
  await client.until('G')
  client.send(...TWO, copyDone())
  await client.until('Z')
  client.close()
  const session = await sessionOf(connection)
  const { output } = await sallyport('sessions', 'show', session, '--state', stage.state)
  return { session, output }
}

const ONE = [copyData(`${LITERAL} first\nsecond\n`), copyData('third\n')]
/** The last is longer than a chunk of the network, so it passes in pieces. */
const TWO = [copyData(`${LITERAL} fourth\n`), copyData(`${'x'.repeat(300_000)}\n`)]

/** As docs/recording.md says, with nothing of the gateway's. */
async function digestOf(session: string, ordinal: number, data: readonly Buffer[]): Promise<string> {
  const installation = await readFile(join(stage.state, 'installation.key'))
  const key = Buffer.from(hkdfSync('sha256', installation, '', `sallyport v1 response-digest ${session}`, 32))
  const nonce = Buffer.alloc(12)
  nonce.writeDoubleLE(ordinal)
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.concat(data))
  cipher.final()
  return cipher.getAuthTag().toString('hex')
}

test('what COPY FROM STDIN brings in is held by length and digest, by the COPY that it was for', async () => {
  const { session, output } = await broughtIn('copied')
  assert.doesNotMatch(output, new RegExp(LITERAL))
  for (const [ordinal, data] of [ONE, TWO].entries()) {
    const { length } = Buffer.concat(data)
    const digest = await digestOf(session, ordinal + 1, data)
    assert.match(output, new RegExp(`#${ordinal + 1} = \\d rows, 0 bytes, ${length} bytes not kept, digest ${digest}`))
  }
})

test('where literals are kept as they are, so is what COPY FROM STDIN brings in', async () => {
  const { output } = await broughtIn('copied-clear')
  assert.match(output, new RegExp(`#1 < ${LITERAL} first\n +#1 < second\n +#1 < third\n`))
  assert.match(output, new RegExp(`#2 < ${LITERAL} fourth\n`))
  assert.doesNotMatch(output, /not kept/)
})

test('no file holds what is redacted, encrypted or masked, nor a password', async () => {
  const clear = [await sessionOf('clear'), await sessionOf('copied-clear')]
  for (const name of await readdir(join(stage.state, 'recordings'))) {
    if (clear.some((session) => name.startsWith(session))) continue
    const bytes = await readFile(join(stage.state, 'recordings', name), 'latin1')
    for (const text of [LITERAL, PARAMETER, MASKED, APP.password])
      assert.ok(!bytes.includes(text), `${text} in ${name}`)
  }
  const written = (await readFile(stage.auditFile, 'utf8')) + stage.output
  for (const text of [LITERAL, PARAMETER, MASKED, ROW, APP.password]) assert.ok(!written.includes(text), text)
})

test('audit events are numbered without a gap', async () => {
  const events = await stage.events()
  assert.ok(events.length > 20)
  assert.deepEqual(
    events.map((event) => event['sequence']),
    events.map((_, index) => index + 1),
  )
})

test('metrics count what happened; healthz says that all is well', async () => {
  const text = await (await fetch(`http://127.0.0.1:${metrics}/metrics`)).text()
  const allowed = Number(/actions_total\{verdict="Allow"\} (\d+)/.exec(text)?.[1])
  const denied = Number(/actions_total\{verdict="Deny"\} (\d+)/.exec(text)?.[1])
  const intents = Number(/recorder_intents_total\{result="recorded"\} (\d+)/.exec(text)?.[1])
  await eventually('the audit has caught up', async () => {
    return (await stage.events('action.decided')).length === allowed + denied
  })
  assert.equal(intents, allowed + denied, 'acted on and recorded')
  assert.match(text, /masked_values_total [1-9]/)
  assert.equal(Number(/decision_seconds_count (\d+)/.exec(text)?.[1]), allowed + denied, 'every decision is timed')
  assert.match(text, /added_latency_seconds_count [1-9]/)
  assert.equal((await fetch(`http://127.0.0.1:${metrics}/healthz`)).status, 200)
})

describe('the sessions command', () => {
  test('lists, replays and verifies what is sealed', async () => {
    const session = await sessionOf('redacted')
    const list = await sallyport('sessions', 'list', '--state', stage.state)
    assert.ok(list.output.includes(session))
    const replay = await sallyport('sessions', 'replay', session, '--state', stage.state)
    assert.ok(replay.output.includes(ROW), replay.output)
    const verify = await sallyport('sessions', 'verify', '--state', stage.state)
    assert.equal(verify.code, 0, verify.output)
    assert.match(verify.output, new RegExp(`${session} +sealed`))
  })

  test('finds one changed byte in a copy, and says where', async () => {
    const copy = await mkdtemp(join(tmpdir(), 'sallyport-tampered-'))
    await copyState(stage.state, copy)
    const session = await sessionOf('redacted')
    const path = join(copy, 'recordings', `${session}.recording`)
    const bytes = await readFile(path)
    const at = bytes.length >> 1
    bytes[at] = (bytes[at] ?? 0) ^ 1
    await writeFile(path, bytes)
    const { code, output } = await sallyport('sessions', 'verify', '--state', copy)
    assert.equal(code, 1)
    assert.match(output, new RegExp(`${session} +altered`))
    await rm(copy, { recursive: true })
  })
})

test('after kill -9 in the middle of eight busy sessions everything written verifies, and what was cut is said', async () => {
  const busy = await Stage.open(server, {
    a: { policies: [recorded({ level: 'Full' })] },
    b: { policies: [recorded({ level: 'Full', durability: 'Synced' })] },
  })
  const ran: number[] = []
  let over = false
  const sessions = Array.from({ length: 8 }, async (_, number) => {
    const client = await busy.client(number % 2 === 0 ? 'a' : 'b')
    for (let i = 0; !over; i++) {
      try {
        await client.query('select n from numbers where n = $1', [i])
      } catch {
        break
      }
      ran[number] = i + 1
    }
  })
  await eventually('all are busy', () => ran.filter((count) => count > 30).length === 8)
  await eventually('the audit names all', async () => (await busy.events('session.opened')).length === 8)
  const opened = new Map((await busy.events('session.opened')).map((event) => [event['session'], event['connection']]))
  await busy.kill()
  over = true
  await Promise.all(sessions)
  const { output } = await sallyport('sessions', 'verify', '--state', busy.state, '--output', 'json')
  const report: Report = JSON.parse(output)
  assert.deepEqual(
    report.sessions.map(({ state }) => state),
    Array(8).fill('open'),
  )
  // Synced: no statement ran that is not on disk.
  const synced = ran.filter((_, number) => number % 2 === 1).reduce((sum, count) => sum + count, 0)
  const statements = report.sessions
    .filter(({ session }) => opened.get(session) === 'data/b')
    .reduce((sum, one) => sum + one.statements, 0)
  assert.ok(statements >= synced, `${statements} recorded, ${synced} ran`)
  await busy.start()
  const client = await busy.client('a')
  assert.equal(await client.value('select 1'), 1)
  await client.end()
  await busy.stop()
})

const mayMount = process.getuid?.() === 0 && process.platform === 'linux'

test('on a full disk statements are refused, and run again when there is room', {
  skip: !mayMount && 'needs root to mount a small file system',
}, async (context) => {
  const state = await mkdtemp(join(tmpdir(), 'sallyport-full-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', state], { stdio: 'ignore' })
  } catch {
    await rm(state, { recursive: true })
    context.skip('this machine lets nobody mount')
    return
  }
  try {
    const full = await Stage.open(
      server,
      { a: { policies: [recorded({ level: 'Full' })] } },
      { state: join(state, 's') },
    )
    const client = await full.client('a')
    assert.equal(await client.value('select count(*)::int from numbers'), 5000)
    await writeFile(join(state, 'filler'), Buffer.alloc(4 << 20)).catch(() => undefined)
    let failure = ''
    await eventually('a statement is refused', () =>
      client.query(`select n from numbers where n = 1`).then(
        () => false,
        (error) => {
          failure = error.message
          return true
        },
      ),
    )
    assert.match(failure, /cannot be recorded/)
    await rm(join(state, 'filler'))
    await eventually('statements run again', () =>
      client.query('select n from numbers where n = 1').then(
        () => true,
        () => false,
      ),
    )
    await client.end()
    await full.stop()
    const { output } = await sallyport('sessions', 'verify', '--state', join(state, 's'))
    assert.match(output, / 0 altered, 0 missing/)
  } finally {
    execFileSync('umount', ['-l', state])
    await rm(state, { recursive: true, force: true })
  }
})

interface Report {
  readonly sessions: readonly { readonly session: string; readonly state: string; readonly statements: number }[]
}

async function copyState(from: string, to: string): Promise<void> {
  for (const entry of await readdir(from, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const folder = entry.parentPath.replace(from, to)
    await mkdir(folder, { recursive: true })
    await copyFile(join(entry.parentPath, entry.name), join(folder, entry.name))
  }
}

function sallyport(...args: readonly string[]): Promise<{ readonly code: number; readonly output: string }> {
  const program = ['--disable-warning=ExperimentalWarning', join(ROOT, 'cli/main.ts'), ...args]
  return new Promise((settle) => {
    execFile(process.execPath, program, { maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
      settle({ code: error ? Number(error.code) : 0, output: stdout + stderr })
    })
  })
}
