// Rules on a real server: what conditions see, who is selected, when a window is open, and what a guardrail forbids.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type PostgresServer, startPostgres } from '../postgres/embedded.ts'
import { errorFields, message } from '../postgres/raw.ts'
import {
  type AgentClient,
  allow,
  allowing,
  eventually,
  prepare,
  refusedLogin,
  type Served,
  type Spec,
  Stage,
} from './stage.ts'

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const today = DAYS[new Date().getUTCDay()]
const otherDay = DAYS[(new Date().getUTCDay() + 3) % 7]

const when = (condition: string, action = 'Deny', more: Spec = {}): Spec => ({
  name: 'condition',
  match: { condition, ...more },
  action,
})
const ruled = (...rules: readonly Spec[]): Served => ({ policies: [allowing({ rules })] })
const EVERYTHING = allow('Read', 'Write', 'Admin')

const SERVED: Readonly<Record<string, Served>> = {
  parameters: ruled(
    when("facts.parameters.exists(p, p == 42 || p == '42')", 'Deny', {
      objects: [{ kind: 'table', names: ['public.numbers'] }],
    }),
    EVERYTHING,
  ),
  'first-parameter': ruled(
    when("facts.parameters[0] == 'secret'", 'Deny', { objects: [{ kind: 'table', names: ['public.words'] }] }),
    EVERYTHING,
  ),
  'has-where': ruled(when('!facts.hasWhere', 'Deny', { verbs: ['delete', 'update'] }), EVERYTHING),
  limit: ruled(when('has(facts.limit) && facts.limit <= 10', 'Allow', { verbs: ['select'] })),
  estimated: ruled(when('facts.estimatedRows > 100', 'Deny', { verbs: ['delete', 'select'] }), EVERYTHING),
  'estimated-allow': ruled(when('facts.estimatedRows < 100', 'Allow', { verbs: ['select'] })),
  open: { policies: [window(String(today))] },
  shut: { policies: [window(String(otherDay))] },
  labels: {
    policies: [allowing({ agents: { namespaces: ['agents'], podSelector: { matchLabels: { app: 'analyst' } } } })],
  },
  'other-labels': {
    policies: [allowing({ agents: { namespaces: ['agents'], podSelector: { matchLabels: { app: 'no' } } } })],
  },
  account: { policies: [allowing({ agents: { namespaces: ['agents'], serviceAccounts: ['analyst'] } })] },
  'other-account': { policies: [allowing({ agents: { namespaces: ['agents'], serviceAccounts: ['somebody'] } })] },
  'other-namespace': { policies: [allowing({ agents: { namespaces: ['elsewhere'] } })] },
  guarded: { policies: [allowing()], labels: { tier: 'production' } },
  'guarded-only': { policies: [], labels: { tier: 'production' } },
  approval: ruled(
    {
      name: 'ask',
      match: { verbs: ['delete'] },
      action: 'RequireApproval',
      approval: { approvers: { groups: ['dba'] }, quorum: 1, timeout: '10m' },
    },
    EVERYTHING,
  ),
  audit: {
    policies: [allowing({ mode: 'Audit', rules: [{ name: 'no', match: { verbs: ['select'] }, action: 'Deny' }] })],
  },
  two: {
    policies: [
      allowing(),
      allowing({
        rules: [
          {
            name: 'not-here',
            match: { objects: [{ kind: 'table', names: ['public.hidden'] }] },
            action: 'Deny',
            message: 'Ask the data team.',
          },
        ],
      }),
    ],
  },
}

function window(day: string): Spec {
  return {
    windows: [{ name: 'now', days: [day], from: '00:00', to: '23:59', timeZone: 'UTC' }],
    rules: [{ name: 'in-window', match: { effects: ['Read'], during: ['now'] }, action: 'Allow' }],
    masking: [],
    limits: [],
  }
}

const GUARDRAIL: Spec = {
  apiVersion: 'sallyport.dev/v1alpha1',
  kind: 'ClusterAccessPolicy',
  metadata: { name: 'guardrail' },
  spec: {
    agents: {},
    connections: [{ selector: { matchLabels: { tier: 'production' } } }],
    rules: [
      { name: 'no-drop', match: { verbs: ['drop', 'truncate'] }, action: 'Deny', message: 'Never in production.' },
      { name: 'reads', match: { effects: ['Read'] }, action: 'Allow' },
    ],
    masking: [],
    limits: [],
  },
}

let server: PostgresServer
let stage: Stage

before(async () => {
  server = await startPostgres()
  await prepare(
    server,
    `create table numbers (n int); insert into numbers select generate_series(1, 1000);
     create index on numbers (n); create table hidden (n int);
     create table words (word text); insert into words values ('secret'), ('plain')`,
  )
  await server.sql('analyze', 'shop')
  stage = await Stage.open(server, SERVED, { files: { 'guardrail.yaml': [GUARDRAIL] } })
})

after(async () => {
  await stage?.stop()
  await server?.stop()
})

interface Case {
  readonly on: string
  readonly text: string
  readonly values?: unknown[]
  /** Undefined: it is allowed. */
  readonly refused?: RegExp
  /** Allowed if the server estimates it within 200 ms, which a busy machine may miss: asked until it has. */
  readonly estimated?: true
}

const CASES: Readonly<Record<string, Case>> = {
  'a number that the condition looks for, bound as text, is refused': {
    on: 'parameters',
    text: 'select n from numbers where n = $1',
    values: [42],
    refused: /rule condition/,
  },
  'another number is not': { on: 'parameters', text: 'select n from numbers where n = $1', values: [43] },
  'a text that the condition looks for is refused': {
    on: 'first-parameter',
    text: 'select word from words where word = $1',
    values: ['secret'],
    refused: /rule condition/,
  },
  'a parameter that is not there makes a Deny true': {
    on: 'first-parameter',
    text: 'select word from words',
    refused: /rule condition/,
  },
  'DELETE without WHERE is refused': { on: 'has-where', text: 'delete from hidden', refused: /rule condition/ },
  'DELETE with WHERE true is refused': {
    on: 'has-where',
    text: 'delete from hidden where true',
    refused: /rule condition/,
  },
  'DELETE with WHERE is allowed': { on: 'has-where', text: 'delete from hidden where n = 1' },
  'SELECT with a small LIMIT is allowed': { on: 'limit', text: 'select n from numbers limit 10' },
  'SELECT with a large LIMIT is refused': {
    on: 'limit',
    text: 'select n from numbers limit 11',
    refused: /SELECT|select/,
  },
  'SELECT without LIMIT is refused': { on: 'limit', text: 'select n from numbers', refused: /select/ },
  'a DELETE that the planner expects to be large is refused': {
    on: 'estimated',
    text: 'delete from numbers where n > 0',
    refused: /rule condition/,
  },
  'a DELETE that the planner expects to be small is allowed': {
    on: 'estimated',
    text: 'delete from numbers where n = -5',
    estimated: true,
  },
  'a small read that is allowed by its estimate': {
    on: 'estimated-allow',
    text: 'select n from numbers where n = 7',
    estimated: true,
  },
  'a large read that is not': { on: 'estimated-allow', text: 'select n from numbers', refused: /select/ },
  'an estimate for a bound statement': {
    on: 'estimated',
    text: 'delete from numbers where n = $1',
    values: [-5],
    estimated: true,
  },
  'inside its window a rule allows': { on: 'open', text: 'select n from numbers limit 1' },
  'outside of its window it does not': { on: 'shut', text: 'select n from numbers limit 1', refused: /select/ },
  'an agent with the labels is selected': { on: 'labels', text: 'select n from numbers limit 1' },
  'an agent with the ServiceAccount is selected': { on: 'account', text: 'select n from numbers limit 1' },
  'a guardrail forbids what a policy allows': {
    on: 'guarded',
    text: 'drop table hidden',
    refused: /guardrail.*Never in production/s,
  },
  'a guardrail leaves the rest alone': { on: 'guarded', text: 'select n from numbers limit 1' },
  'what needs an approval is refused, and it says why': {
    on: 'approval',
    text: 'delete from hidden',
    refused: /rule ask.*no approver can be reached/s,
  },
  'a policy in Audit mode allows what it would deny': { on: 'audit', text: 'select n from numbers limit 1' },
  'of two policies the stricter one wins, with its message': {
    on: 'two',
    text: 'select n from numbers, hidden',
    refused: /not-here.*Ask the data team/s,
  },
}

for (const [name, { on, text, values, refused, estimated }] of Object.entries(CASES)) {
  test(name, async () => {
    const client = await stage.client(on)
    try {
      const query = { text, values: values ?? [] }
      if (estimated) {
        const runs = () =>
          client.query(query).then(
            () => true,
            ({ message }) => {
              assert.match(message, /rule condition|select/)
              return false
            },
          )
        await eventually('the server estimates in time', runs)
      } else if (!refused) await client.query(query)
      else {
        const { message, hint, detail, code } = await client.failure(text, values)
        assert.match(`${message} ${detail} ${hint}`, refused)
        assert.equal(code, '42501')
        assert.equal(await client.value('select 1'), 1, 'the session goes on')
      }
    } finally {
      await client.end()
    }
  })
}

test('a number that the condition looks for, bound in binary, is refused', async () => {
  const session = await stage.raw('parameters')
  const outcome = async (value: number): Promise<string> => {
    const int8 = Buffer.alloc(8)
    int8.writeBigInt64BE(BigInt(value))
    const bind = Buffer.concat([short(1), short(1), short(1), int(8), int8, short(0)])
    session.send(
      message('P', '\0', 'select n from numbers where n = $1::int8\0', short(1), int(20)),
      message('B', '\0', '\0', bind),
      message('E', '\0', int(0)),
      message('S'),
    )
    const error = (await session.until('Z')).find(({ type }) => type === 'E')
    return error ? (errorFields(error.body)['M'] ?? '') : 'ran'
  }
  assert.match(await outcome(42), /rule condition/)
  assert.equal(await outcome(43), 'ran')
  session.close()
})

test('an estimate that cannot be had refuses, and repeats nothing of what the server said', async () => {
  const client: AgentClient = await stage.client('estimated')
  await client.query(`create temp table mine (n int)`)
  const { message, detail, hint } = await client.failure(`delete from mine where n = '4111111111111111x'::int`)
  assert.match(message, /rule condition/)
  assert.doesNotMatch(`${message} ${detail} ${hint}`, /4111111111111111/)
  await client.end()
})

describe('who is not selected is told so at login', () => {
  for (const on of ['other-labels', 'other-account', 'other-namespace', 'guarded-only']) {
    test(on, async () => {
      const refused = await refusedLogin(stage.config(on))
      assert.equal(refused.code, '28000')
      assert.match(refused.message, new RegExp(`agents/analyst.*data/${on}|data/${on}.*agents/analyst`))
    })
  }
})

function int(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

function short(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeInt16BE(value)
  return bytes
}
