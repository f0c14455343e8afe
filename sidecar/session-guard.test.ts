// However a session goes: it is counted while it is open, told at both ends, and its recording is sealed.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, beforeEach, describe, test } from 'node:test'
import { Timeline } from '#contracts/recording/timeline.ts'
import { newGatewayCounters } from './counters.ts'
import { createLogger } from './log.ts'
import { LimitCounters } from './policy/limits.ts'
import { parseCase } from './policy/testing/cases.ts'
import { policySetFrom } from './policy/testing/policies.ts'
import { readBack, recorderIn } from './recorder/testdata.ts'
import type { Services } from './services.ts'
import { guardSession, type SessionGuard } from './session-guard.ts'

const ONE_AT_A_TIME = `
kind: AccessPolicy
metadata: {name: p, namespace: data}
spec:
  agents: {namespaces: [agents]}
  connections: [orders-db]
  rules:
  - {name: reads, match: {effects: [Read]}, action: Allow}
  limits:
  - {metric: Sessions, per: Agent, max: 1, onExceed: Deny}`

const directory = mkdtempSync(join(tmpdir(), 'guard-'))
after(() => rmSync(directory, { recursive: true }))

let told: Record<string, unknown>[]
let logged: string
let recorder: ReturnType<typeof recorderIn>
let counters: ReturnType<typeof newGatewayCounters>
let open: () => SessionGuard

beforeEach(() => {
  told = []
  logged = ''
  recorder = recorderIn(directory)
  counters = newGatewayCounters()
  const { agent, connection } = parseCase('select t by agents/x')
  const pair = policySetFrom(ONE_AT_A_TIME).pair(agent, connection)
  const services = {
    audit: { emit: (event: Record<string, unknown>) => void told.push(event) },
    recorder: recorder.recorder,
    counters,
    limits: new LimitCounters(),
    log: createLogger('info', { write: (line) => (logged += line) }),
    now: Date.now,
  } as unknown as Services
  const socket = { remoteAddress: '10.0.0.1', remotePort: 5 } as Socket
  const about = { agent, connection: 'data/orders-db', protocol: 'Sample', mediaType: 'application/x-sample' }
  open = () =>
    guardSession(services, { ...about, pair, socket, details: { database: 'shop' } }, (why) => new Error(why))
})

describe('a guarded session', () => {
  test('is told, recorded and sealed under one number', async () => {
    const guard = open()
    guard.opened()
    assert.equal(counters.sessionsOpen, 1)
    guard.closed('the agent left')
    await recorder.recorder.close('stop')
    assert.equal(counters.sessionsOpen, 0)
    assert.deepEqual(
      told.map(({ type, session, client, reason }) => [type, session, client ?? reason]),
      [
        ['session.opened', guard.id, '10.0.0.1:5'],
        ['session.closed', guard.id, 'the agent left'],
      ],
    )
    const { entries, report } = readBack(recorder.files.file(`${guard.id}.recording`), new Timeline())
    assert.equal(report.state, 'sealed')
    const said = (wanted: string) => {
      const entry = entries.find(({ type }) => type === wanted)
      return entry && 'detail' in entry ? entry.detail : {}
    }
    const { database, client } = said('start')
    assert.deepEqual([database, client, said('end')['reason']], ['shop', '10.0.0.1:5', 'the agent left'])
  })

  test('is not let in beside the one that a limit allows, and leaves no recording', async () => {
    const first = open()
    assert.throws(open, /limit of policy data\/p reached/)
    first.closed('over')
    const second = open()
    second.closed('over')
    await recorder.recorder.close('stop')
    const recorded = [...recorder.files.content.keys()].filter((path) => !path.includes('manifest'))
    assert.equal(recorded.length, 2)
  })

  test('that ends with an error says so in the log, not more', () => {
    const guard = open()
    guard.closed('the target vanished', new Error('read ECONNRESET'))
    assert.match(logged, /read ECONNRESET.*"session":".+".*a session ended with an error/)
  })
})
