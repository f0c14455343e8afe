import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { FrameError, FrameReader, frame } from './frames.ts'
import type { FromGateway, FromOperator, PodIdentity } from './messages.ts'
import { parseFromGateway, parseFromOperator } from './parse.ts'

const agent: PodIdentity = {
  namespace: 'agents',
  serviceAccount: 'analyst',
  pod: 'analyst-1',
  podUid: '6f0e',
  labels: { app: 'analyst' },
  namespaceLabels: {},
}
const GATEWAY: readonly FromGateway[] = [
  { type: 'hello', protocol: 2, token: 'a.b.c', version: '0.1.0', recordingKey: 'PEM' },
  { type: 'acknowledged', version: 'v1' },
  { type: 'rejected', version: 'v2', problem: 'ä line\nand another' },
  { type: 'alive', sessions: 0 },
  { type: 'refused', host: 'example.org', times: 3 },
  { type: 'refused', host: '10.0.0.1', port: 443, times: 1 },
  {
    type: 'budget',
    limit: 'data/analysts Rows',
    since: 1_700_000_000_000,
    serial: 7,
    max: 10,
    windowSeconds: 60,
    used: 3,
    confirmed: 2,
    held: 1,
    wanted: 4,
    urgent: true,
  },
]
const OPERATOR: readonly FromOperator[] = [
  {
    type: 'welcome',
    agent,
    aliveSeconds: 5,
    silenceSeconds: 15,
    staleSeconds: 900,
    maskingKeys: { hash: 'aaaa', tokenize: 'bbbb' },
    extraCas: [],
  },
  {
    type: 'snapshot',
    version: 'v1',
    agent,
    connections: [{ kind: 'Connection' }],
    accessPolicies: [],
    clusterAccessPolicies: [],
    identityProviders: [],
    secrets: [],
    configMaps: [],
    invalidPolicies: { 'data/broken': 'why' },
    connectionProblems: {},
    endpoints: [{ host: 'db.data.svc', port: 5432, connections: ['data/db'], addresses: ['10.96.0.7'] }],
    nameServers: ['10.96.0.10'],
    clusterDomain: 'cluster.local',
    quarantine: 'label',
  },
  { type: 'cut', reason: 'because' },
  { type: 'beat' },
  { type: 'lease', limit: 'x', serial: 7, holds: 0, counted: 3, seconds: 60, retrySeconds: 5 },
  { type: 'recall', limit: 'x', most: 2 },
  { type: 'refusal', reason: 'no', final: true },
]
const bytes = Buffer.from([...GATEWAY, ...OPERATOR].map(frame).join(''))

function read(chunks: readonly Buffer[]): unknown[] {
  const reader = new FrameReader(1_000)
  return chunks.flatMap((chunk) => reader.push(chunk))
}

describe('frames', () => {
  test('come out as they went in: whole, byte by byte, cut anywhere', () => {
    const whole = read([bytes])
    assert.deepEqual(whole, [...GATEWAY, ...OPERATOR])
    assert.deepEqual(read([...bytes].map((byte) => Buffer.from([byte]))), whole)
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 20 }), (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), bytes.length]
        const chunks = at.slice(1).map((end, index) => bytes.subarray(at[index], end))
        assert.deepEqual(read(chunks), whole)
      }),
    )
  })

  test('a line without end costs no more than its bound, also in small pieces', () => {
    const reader = new FrameReader(10)
    assert.deepEqual(reader.push(Buffer.from('"1234567')), [])
    assert.throws(() => reader.push(Buffer.from('89x')), /longer than 10 bytes/)
  })

  test('what is no JSON breaks the stream', () => {
    assert.throws(() => new FrameReader(100).push(Buffer.from('{]\n')), FrameError)
  })
})

describe('messages', () => {
  for (const message of GATEWAY) {
    test(`of a gateway: ${message.type}`, () => assert.deepEqual(parseFromGateway(message), message))
  }
  for (const message of OPERATOR) {
    test(`of the operator: ${message.type}`, () => assert.deepEqual(parseFromOperator(message), message))
  }

  test('each side may say only its own', () => {
    for (const message of OPERATOR) assert.throws(() => parseFromGateway(message), FrameError)
    for (const message of GATEWAY) assert.throws(() => parseFromOperator(message), FrameError)
  })

  const members = (message: FromGateway | FromOperator) => Object.keys(message).filter((name) => name !== 'quarantine')
  for (const [parse, messages] of [
    [parseFromGateway, GATEWAY],
    [parseFromOperator, OPERATOR],
  ] as const) {
    test(`${parse.name}: a member of another type breaks the stream and is named`, () => {
      for (const message of messages) {
        for (const name of members(message)) {
          assert.throws(() => parse({ ...message, [name]: null }), FrameError, `${message.type}.${name}`)
        }
      }
    })
  }

  test('anything else is refused, never a crash', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        for (const parse of [parseFromGateway, parseFromOperator]) assert.throws(() => parse(value), FrameError)
      }),
    )
  })
})
