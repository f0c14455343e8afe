import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Snapshot } from '#contracts/control/messages.ts'
import { createLogger } from '#sidecar/log.ts'
import { PodGateway } from './pod-gateway.ts'

const AGENT = {
  namespace: 'agents',
  serviceAccount: 'analyst',
  pod: 'analyst-1',
  podUid: 'uid-1',
  labels: {},
  namespaceLabels: {},
}
const SNAPSHOT: Snapshot = {
  type: 'snapshot',
  version: '1',
  agent: AGENT,
  connections: [],
  accessPolicies: [],
  clusterAccessPolicies: [],
  identityProviders: [],
  secrets: [],
  configMaps: [],
  invalidPolicies: {},
  connectionProblems: {},
  endpoints: [],
  nameServers: [],
  clusterDomain: 'cluster.local',
}

test('a gateway whose ports are taken answers with that, and does not start', async () => {
  const answered = Promise.withResolvers<string>()
  const gateway = new PodGateway({
    servers: { apply: () => new Map(), at: () => undefined, add: () => undefined, policyHash: '' },
    steering: Promise.reject(new Error('127.0.0.1:15001: this port is taken')),
    log: createLogger('silent'),
    limits: () => {},
    answer: (answer) => answered.resolve(answer.type === 'rejected' ? answer.problem : answer.type),
  })
  gateway.take(SNAPSHOT)
  assert.match(await answered.promise, /15001: this port is taken/)
  await new Promise(setImmediate)
  assert.equal(gateway.started, false)
})

test('a gateway that found no operator at first starts with the first snapshot', async () => {
  const answered = Promise.withResolvers<string>()
  const gateway = new PodGateway({
    servers: { apply: () => new Map(), at: () => undefined, add: () => undefined, policyHash: '' },
    steering: Promise.resolve({ apply: async () => [] }),
    log: createLogger('silent'),
    limits: () => {},
    answer: ({ type }, version) => answered.resolve(`${type} ${version}`),
  })
  gateway.deny('the operator is away')
  assert.equal(gateway.started, false)
  gateway.take(SNAPSHOT)
  assert.equal(await answered.promise, 'acknowledged 1')
  await new Promise(setImmediate)
  assert.equal(gateway.started, true)
})
