import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Connection } from '#crds/types.gen.ts'
import { Validator } from '#crds/validate.ts'
import { configure, EMPTY } from '#sidecar/gateway/configuration.ts'
import { faults, tlsMode } from './settings.ts'

const HERE = { host: 'cache.data.svc', port: 6379 }
const PATTERN = { host: '*.db.data.svc', port: 443 }

/** What is said of a Connection besides the default; where the fault is, or undefined. */
const CASES: Readonly<Record<string, { readonly spec: object; readonly at?: string }>> = {
  'nothing but an endpoint': { spec: {} },
  'every mode': { spec: { settings: { tls: 'None' } } },
  'a pattern whose host the hello names': { spec: { endpoints: [PATTERN] } },
  'a pattern without a hello': {
    spec: { endpoints: [HERE, PATTERN], settings: { tls: 'None' } },
    at: 'spec.endpoints.1.host',
  },
  'a pattern that may come without a hello': {
    spec: { endpoints: [PATTERN], settings: { tls: 'Optional' } },
    at: 'spec.endpoints.0.host',
  },
  'a pattern with one upstream for all': {
    spec: { endpoints: [{ ...PATTERN, upstream: { host: 'proxy.data.svc' } }], settings: { tls: 'None' } },
  },
  credentials: { spec: { credentials: { secretRef: { name: 'login' } } }, at: 'spec.credentials' },
  'a mode of TLS towards the target': { spec: { tls: { mode: 'Disable' } }, at: 'spec.tls' },
  'a certificate to check': { spec: { tls: { caRef: { configMap: { name: 'ca' } } } }, at: 'spec.tls' },
  'a name in the certificate': { spec: { tls: { serverName: 'x.example' } }, at: 'spec.tls' },
}

const validator = new Validator()

function connectionOf(spec: object): Connection {
  const resource = {
    apiVersion: 'sallyport.dev/v1alpha1',
    kind: 'Connection',
    metadata: { name: 'cache', namespace: 'data' },
    spec: { protocol: 'TCP', endpoints: [HERE], ...spec },
  }
  const validation = validator.validate(resource)
  assert.deepEqual(validation?.faults, [])
  const valid = validation?.resource
  assert.ok(valid?.kind === 'Connection')
  return valid as Connection
}

describe('what a Connection cannot say', () => {
  for (const [why, { spec, at }] of Object.entries(CASES)) {
    test(why, () => {
      const connection = connectionOf(spec)
      assert.equal(faults(connection.spec)[0]?.path.join('.'), at)
      const [configured] = configure({ ...EMPTY, connections: [connection] }).connections
      assert.equal(configured?.problem === undefined, at === undefined, 'and a gateway without a check refuses it too')
    })
  }
})

test('a mode that is none counts as the strictest', () => {
  for (const tls of [undefined, 'none', 'Off', 0, null]) {
    assert.equal(tlsMode(connectionOf({ settings: { tls } }).spec), 'Required')
  }
})
