// Where Connections are served, and where not: the ports of targets on this machine stay theirs.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { freePort } from '#e2e/free-port.ts'
import { type ConfiguredConnection, connectionKey } from '#sidecar/services.ts'
import { placeListeners } from './listeners.ts'
import { dialsItself } from './own-targets.ts'

type Endpoint = ConfiguredConnection['spec']['endpoints'][number]

describe('without --listen', () => {
  test('a Connection is served at the port that agents know', async () => {
    const port = await freePort()
    const away = connection({ host: 'db.data.svc', port, upstream: { host: 'db.example.com', port: 5432 } })
    assert.deepEqual(await placeListeners([away], [], []), [{ host: '127.0.0.1', port, connections: ['data/db'] }])
  })

  for (const upstream of [undefined, '127.0.0.1', 'localhost', '::1']) {
    test(`a database that will be at ${upstream ?? 'the endpoint itself'} finds its port free when it starts`, async () => {
      const port = await freePort()
      const host = upstream === undefined ? 'localhost' : 'db.data.svc'
      const here = connection({ host, port, ...(upstream === undefined ? {} : { upstream: { host: upstream, port } }) })
      const [listener] = await placeListeners([here], [], [])
      assert.notEqual(listener?.port, port)
      assert.equal(dialsItself(listener ? [listener] : [], [here]), undefined)
    })
  }
})

describe('a Connection served at', () => {
  const PROBLEM = /^--listen data\/db=\S+:5432: that is where data\/db has its target; choose another port$/
  const CASES: Readonly<Record<string, readonly [target: string, listening: string, own: boolean]>> = {
    'the address of its target would dial itself': ['127.0.0.1', '127.0.0.1', true],
    'the address behind the name of its target would dial itself': ['localhost', '127.0.0.1', true],
    'the name of the address of its target would dial itself': ['::1', 'localhost', true],
    'every address would dial itself where the target is here': ['127.0.0.1', '0.0.0.0', true],
    'every address does not where the target is elsewhere': ['db.example.com', '0.0.0.0', false],
    'another address of this machine does not': ['127.0.0.1', '127.0.0.2', false],
  }
  for (const [sentence, [host, listening, own]] of Object.entries(CASES)) {
    test(sentence, () => {
      const one = connection({ host, port: 5432 })
      const said = dialsItself([{ host: listening, port: 5432, connections: [connectionKey(one)] }], [one])
      if (own) assert.match(said ?? '', PROBLEM)
      else assert.equal(said, undefined)
    })
  }
})

function connection(endpoint: Endpoint): ConfiguredConnection {
  return {
    namespace: 'data',
    name: 'db',
    labels: {},
    spec: { protocol: 'PostgreSQL', endpoints: [endpoint], tls: { mode: 'Disable' } },
    ca: undefined,
    credentials: new Map(),
    problem: undefined,
  }
}
