import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Snapshot } from '#contracts/control/messages.ts'
import { snapshotWith } from '#contracts/control/testing/snapshot.ts'
import { createLogger } from '#sidecar/log.ts'
import { PodGateway, type PodGatewayOptions } from './pod-gateway.ts'

/** With nothing around it, and what it answers first: `acknowledged VERSION`, or the problem. */
function gatewayWith(steering: PodGatewayOptions['steering']): { gateway: PodGateway; answered: Promise<string> } {
  const answered = Promise.withResolvers<string>()
  const gateway = new PodGateway({
    servers: { apply: () => new Map(), at: () => undefined, add: () => undefined, policyHash: '' },
    steering,
    log: createLogger('silent'),
    limits: () => {},
    answer: (answer, version) =>
      answered.resolve(answer.type === 'rejected' ? answer.problem : `acknowledged ${version}`),
  })
  return { gateway, answered: answered.promise }
}

const STEERING = Promise.resolve({ apply: async () => [] })

test('a gateway whose ports are taken answers with that, and does not start', async () => {
  const { gateway, answered } = gatewayWith(Promise.reject(new Error('127.0.0.1:15001: this port is taken')))
  gateway.take(snapshotWith({}))
  assert.match(await answered, /15001: this port is taken/)
  await new Promise(setImmediate)
  assert.equal(gateway.started, false)
})

test('a gateway that found no operator at first starts with the first snapshot', async () => {
  const { gateway, answered } = gatewayWith(STEERING)
  gateway.deny('the operator is away')
  assert.equal(gateway.started, false)
  gateway.take(snapshotWith({}))
  assert.equal(await answered, 'acknowledged v1')
  await new Promise(setImmediate)
  assert.equal(gateway.started, true)
})

const newer = (kind: string, metadata: Readonly<Record<string, string>>) => ({
  apiVersion: 'sallyport.dev/v1alpha1',
  kind,
  metadata,
  spec: { since: 'a later version' },
})
const READERS = newer('AccessPolicy', { namespace: 'data', name: 'readers' })

const ANSWERS: Readonly<Record<string, readonly [contents: Partial<Snapshot>, answer: RegExp]>> = {
  'a policy that came later': [
    { accessPolicies: [READERS] },
    /^AccessPolicy data\/readers: spec\..*restart the pod if the operator is newer/,
  ],
  'a Connection that came later': [
    { connections: [newer('Connection', { namespace: 'data', name: 'db' })] },
    /^Connection data\/db: spec\./,
  ],
  'an IdentityProvider that came later': [
    { identityProviders: [newer('IdentityProvider', { name: 'corp' })] },
    /^IdentityProvider corp: spec\./,
  ],
  'a kind that came later': [
    { connections: [newer('Link', { namespace: 'data', name: 'db' })] },
    /^Link data\/db: kind: there is no kind Link/,
  ],
  'what the operator has called unreadable itself': [
    { accessPolicies: [READERS], invalidPolicies: { 'data/readers': 'spec.since: unknown field' } },
    /^acknowledged v1$/,
  ],
}

describe('a gateway tells what it does not understand, and has the rest in force', () => {
  for (const [sentence, [contents, answer]] of Object.entries(ANSWERS)) {
    test(sentence, async () => {
      const { gateway, answered } = gatewayWith(STEERING)
      gateway.take(snapshotWith(contents))
      assert.match(await answered, answer)
      await new Promise(setImmediate)
      assert.equal(gateway.started, true)
    })
  }
})
