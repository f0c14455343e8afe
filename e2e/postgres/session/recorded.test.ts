// What the server says that it ran is what the recording says that it ran, statement by statement. Sequences are random but
// seeded, as in fuzz.test.ts; SALLYPORT_FUZZ_SECONDS and SALLYPORT_FUZZ_SEED look longer and elsewhere.
import assert from 'node:assert/strict'
import { createPublicKey } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { SessionReader } from '#cli/sessions/entries.ts'
import { eventually } from '../../gateway/stage.ts'
import { type PostgresServer, startPostgres } from '../embedded.ts'
import { ALLOW_ALL, auditEvents, type Gateway, startGateway } from '../gateway.ts'
import { type Random, seeded } from '../leak/random.ts'
import { type Step, said, sequence } from './fuzz/generator.ts'
import { play } from './fuzz/play.ts'
import { APP, SCHEMA, SECONDS, SEED, TRIES } from './fuzz/setup.ts'

/** The last statement of every sequence. */
const LAST = "select 'the end'"
const THE_END = 'D 000100000007the end'
/** Statements of the gateway's own. */
const OWN = /^execute _sallyport_asks\//

let server: PostgresServer
let gateway: Gateway

before(async () => {
  server = await startPostgres({ settings: { log_statement: 'all', log_line_prefix: '%c|' } })
  await server.sql(`create role ${APP.user} login password '${APP.password}'`)
  await server.sql(`create database recorded owner ${APP.user}`)
  await server.sql(SCHEMA, 'recorded')
  const recording = { level: 'Full', literals: 'Clear' }
  gateway = await startGateway({ upstream: { ...server, ...APP }, policies: [{ ...ALLOW_ALL, recording }] })
})

after(async () => {
  await gateway?.stop()
  await server?.stop()
})

test('what the server ran is what was recorded, in its order and its words', async () => {
  const random = seeded(SEED)
  const until = Date.now() + SECONDS * 1000
  const compared = new Set<string>()
  // The server's log is kept up to a length, so it is looked at now and then.
  for (let count = 0; count < TRIES || Date.now() < until; ) {
    const played = new Map<string, readonly Step[]>()
    for (const end = count + TRIES; count < end; count++) {
      const first = `select 'sequence ${count}'`
      const steps = [said(`Query ${first}`), ...sequence(random)]
      if (await reachesItsEnd(steps, random)) played.set(first, steps)
      await server.sql('truncate kept', 'recorded')
    }
    assert.ok(played.size >= TRIES / 2, `only ${played.size} sequences did not end their sessions`)
    await compare(played, compared)
  }
})

function reachesItsEnd(steps: readonly Step[], random: Random): Promise<boolean> {
  const at = { host: gateway.host, port: gateway.port, user: APP.user, database: 'recorded' }
  return play(at, steps, (left) => 1 + random.below(left)).then((answers) => answers.includes(THE_END))
}

/** `compared`: sessions that are not looked at again. */
async function compare(played: ReadonlyMap<string, readonly Step[]>, compared: Set<string>): Promise<void> {
  const isWhole = (ran: ReadonlyMap<string, readonly string[]>) =>
    [...played.keys()].every((first) => ran.get(first)?.includes(LAST))
  await eventually('the log is whole', () => isWhole(ranByFirst(server.log())))
  const ran = ranByFirst(server.log())
  const closed = async () => (await auditEvents(gateway)).filter(({ type }) => type === 'session.closed')
  await eventually('all sessions are recorded', async () => (await closed()).length === compared.size + TRIES)
  const recorded = new Map<string, readonly Intent[]>()
  for (const { session } of await closed()) {
    if (compared.has(String(session))) continue
    compared.add(String(session))
    const intents = await intentsOf(String(session))
    recorded.set(intents[0]?.text ?? '', intents)
  }
  for (const [first, steps] of played) {
    const script = steps.map(({ text }) => text).join('\n')
    assert.equal(unlike(ran.get(first) ?? [], recorded.get(first) ?? []), undefined, `in\n${script}`)
  }
}

interface Intent {
  readonly text: string
  readonly code: string
}

/** What was forwarded, in order, once the recording has its end. */
async function intentsOf(session: string): Promise<readonly Intent[]> {
  const key = createPublicKey(await readFile(join(gateway.state, 'recording.pub'), 'utf8'))
  const view = { state: gateway.state, session, key, decoders: [], secrets: undefined, json: false }
  const texts = new Map<number, string>()
  const codes = new Map<number, string>()
  await eventually('the recording has its end', async () => {
    let ended = false
    for await (const entry of (await SessionReader.open(view)).entries()) {
      if (entry.type === 'intent') texts.set(entry.ordinal, entry.text.toString().replace(/^[; ]+|[; ]+$/g, ''))
      if (entry.type === 'outcome') codes.set(entry.ordinal, entry.code)
      ended ||= entry.type === 'end'
    }
    return ended
  })
  return [...texts]
    .map(([ordinal, text]) => ({ text, code: codes.get(ordinal) ?? 'no outcome' }))
    .filter(({ code }) => code !== 'refused')
}

/** The texts of each session by the first of them. */
function ranByFirst(log: string): ReadonlyMap<string, readonly string[]> {
  const sessions = new Map<string, string[]>()
  for (const line of log.split('\n')) {
    const [, session = '', said = ''] = /^([0-9a-f.]+)\|LOG: {2}(statement: .*|execute .*)$/.exec(line) ?? []
    if (said === '' || OWN.test(said)) continue
    const text = said.replace(/^(statement|execute fetch from [^:]*|execute [^:]*): /, '')
    const texts = sessions.get(session)
    if (texts === undefined) sessions.set(session, [text])
    else texts.push(text)
  }
  return new Map([...sessions.values()].map((texts) => [texts[0] ?? '', texts]))
}

/** An error before it kept it from running, or its portal had gone: with the transaction that an earlier Execute of it ended. */
function neverBegun(intent: Intent | undefined): boolean {
  if (intent?.code === '34000') return !/^(fetch|move|close) /.test(intent.text)
  return intent?.code === 'skipped'
}

/** Where the two part, in words. A message of several statements is one line of the log, and an intent for each. */
function unlike(ran: readonly string[], intents: readonly Intent[]): string | undefined {
  let at = 0
  const skipped = () => {
    while (neverBegun(intents[at])) at++
  }
  for (const message of ran) {
    skipped()
    for (const text of message.split(/; ?/).filter((each) => each !== '')) {
      const intent = intents[at++]
      if (intent?.text !== text) return `ran: ${message}\nrecorded: ${intent?.text} (${intent?.code})`
    }
  }
  skipped()
  const more = intents[at]
  return more && `recorded, and never run: ${more.text} (${more.code})`
}
