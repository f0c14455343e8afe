import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterEach, beforeEach, test } from 'node:test'
import { createLogger } from '#sidecar/log.ts'
import { CLASS, TYPE, writeName } from './message.ts'
import { Resolver } from './resolver.ts'

let resolver: Resolver
let refused: string[] = []
let port = 0

beforeEach(async () => {
  refused = []
  const zone = {
    namespace: 'agents',
    clusterDomain: 'cluster.local',
    hosts: ['db.example.com'],
    addressOf: () => '127.77.1.3',
    hostAt: () => undefined,
  }
  const options = { zone: () => zone, refused: (name: string) => void refused.push(name), log: createLogger('silent') }
  // A port that is free for connections may be taken for datagrams, by whomever; another one is then tried.
  for (let attempt = 0; ; attempt += 1) {
    resolver = new Resolver(options)
    try {
      port = await resolver.listen({ host: '127.0.0.1', port: 0 })
      return
    } catch (error) {
      resolver.close()
      if (attempt === 50) throw error
    }
  }
})
afterEach(() => resolver.close())

const query = (name: string): Buffer =>
  Buffer.concat([
    Buffer.of(1, 2, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0),
    writeName(name.split('.')),
    Buffer.of(0, TYPE.A, 0, CLASS.IN),
  ])
const framed = (message: Buffer): Buffer =>
  Buffer.concat([Buffer.of(message.length >> 8, message.length & 0xff), message])

async function dial(): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  return socket
}

/** As many answers as are asked for; each behind its length. */
async function answers(socket: Socket, count: number): Promise<readonly Buffer[]> {
  let heard: Buffer = Buffer.alloc(0)
  const found: Buffer[] = []
  for await (const chunk of socket) {
    heard = Buffer.concat([heard, chunk])
    while (heard.length >= 2 && heard.length >= 2 + heard.readUInt16BE(0)) {
      const end = 2 + heard.readUInt16BE(0)
      found.push(heard.subarray(2, end))
      heard = heard.subarray(end)
    }
    if (found.length >= count) return found
  }
  return found
}

test('a datagram is answered, and a name that is not there is told', async () => {
  const socket = createSocket('udp4')
  socket.send(query('evil.example.net'), port, '127.0.0.1')
  const [answer] = (await once(socket, 'message')) as [Buffer]
  assert.equal(answer.readUInt8(3) & 0xf, 3)
  assert.deepEqual(refused, ['evil.example.net'])
  socket.close()
})

test('a datagram that is no query has no answer, and harms nobody', async () => {
  const socket = createSocket('udp4')
  socket.send(Buffer.from('rubbish'), port, '127.0.0.1')
  socket.send(query('db.example.com'), port, '127.0.0.1')
  const [answer] = (await once(socket, 'message')) as [Buffer]
  assert.deepEqual([...answer.subarray(-4)], [127, 77, 1, 3])
  socket.close()
})

test('several queries of one connection are answered in their order', async () => {
  const socket = await dial()
  const names = ['db.example.com', 'a.example.net', 'b.example.net']
  socket.write(Buffer.concat(names.map((name) => framed(query(name)))))
  const codes = (await answers(socket, 3)).map((answer) => answer.readUInt8(3) & 0xf)
  assert.deepEqual(codes, [0, 3, 3])
  socket.destroy()
})

test('a message longer than any question ends the connection', async () => {
  const socket = await dial()
  socket.write(Buffer.of(0xff, 0xff))
  socket.resume()
  await once(socket, 'close')
})

test('connections are bounded, and one that ends makes room', async () => {
  const sockets = await Promise.all(Array.from({ length: 64 }, dial))
  // All of them are known to the resolver once each has its answer.
  for (const socket of sockets) socket.write(framed(query('db.example.com')))
  const all = await Promise.all(sockets.map((socket) => once(socket, 'data')))
  assert.equal(all.length, 64)
  const late = await dial()
  late.on('error', () => undefined)
  late.resume()
  await once(late, 'close')
  for (const socket of sockets) socket.destroy()
  // The resolver hears of the ends one after the other.
  for (;;) {
    const again = await dial()
    again.on('error', () => undefined)
    again.write(framed(query('db.example.com')), () => undefined)
    const [first] = await Promise.race([once(again, 'data'), once(again, 'close')])
    again.destroy()
    if (Buffer.isBuffer(first)) return
  }
})
