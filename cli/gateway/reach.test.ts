import assert from 'node:assert/strict'
import { type AddressInfo, createServer } from 'node:net'
import { test } from 'node:test'
import { freePort } from '#e2e/free-port.ts'
import type { ConfiguredConnection } from '#sidecar/services.ts'
import { tryTargets } from './reach.ts'

test('targets that do not answer are told with their Connection, others are not', async () => {
  const server = createServer((socket) => socket.on('error', () => {}).resume())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const closed = await freePort()
  const said: string[] = []
  await tryTargets(
    [
      connection('here', { host: '127.0.0.1', port }),
      connection('gone', { host: 'gone.data.svc', port: 5432, upstream: { host: '127.0.0.1', port: closed } }),
      { ...connection('unusable', { host: '127.0.0.1', port: closed }), problem: 'it was told already' },
    ],
    (line) => said.push(line),
  )
  server.close()
  assert.deepEqual(said, [
    `data/gone: 127.0.0.1:${closed} cannot be reached yet (ECONNREFUSED); sessions are refused until it can`,
  ])
})

function connection(name: string, endpoint: ConfiguredConnection['spec']['endpoints'][number]): ConfiguredConnection {
  return {
    namespace: 'data',
    name,
    labels: {},
    spec: { protocol: 'PostgreSQL', endpoints: [endpoint], tls: { mode: 'Disable' } },
    ca: undefined,
    credentials: new Map(),
    problem: undefined,
  }
}
