// A gateway's steering by itself, for tests that start it in a pod's network namespace: each server says its endpoint and ends. Takes
// snapshots as lines of JSON; says what it does in lines of JSON.
import { createInterface } from 'node:readline'
import { createLogger } from '#sidecar/log.ts'
import type { Server } from '#sidecar/protocols/protocol.ts'
import { Steering } from '#sidecar/steering/steering.ts'

function say(what: unknown): void {
  process.stdout.write(`${JSON.stringify(what)}\n`)
}

const steering = await Steering.open({
  log: createLogger('silent'),
  tell: (refused) => say(refused),
  refused: (dialled) => say({ reset: dialled }),
  standIn: { host: 'registry.system.svc', address: '10.99.6.6', port: 443, server: server('a stand-in') },
})
process.stdout.write('ready\n')
for await (const line of createInterface({ input: process.stdin })) {
  const problems = await steering.apply(JSON.parse(line), (endpoint, host) =>
    server(`${endpoint.host}:${endpoint.port} as ${host}`),
  )
  say({ applied: problems })
}

function server(name: string): Server {
  return {
    accept: (socket) => {
      // What the client says comes back too: nothing may be lost while its destination is looked up.
      socket.write(`${name}\n`)
      socket.once('data', (chunk) => socket.end(`heard ${chunk.toString('latin1')}`))
    },
    update: () => undefined,
    reconsider: () => undefined,
    sessions: 0,
    close: () => undefined,
  }
}
