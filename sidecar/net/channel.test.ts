import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { describe, test } from 'node:test'
import type { Channel } from './channel.ts'
import { openChannel } from './channel.ts'
import { connectTcp } from './connect-tcp.ts'
import { HandleChannel } from './handle-channel.ts'
import { StreamChannel } from './stream-channel.ts'

interface Ends extends AsyncDisposable {
  readonly near: Socket
  readonly far: Socket
}

async function ends(): Promise<Ends> {
  const server = createServer({ noDelay: true }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const accepted = once(server, 'connection')
  const { port } = server.address() as AddressInfo
  const near = await connectTcp(['127.0.0.1'], port, { until: performance.now() + 30_000 })
  const [far] = await accepted
  near.on('error', () => undefined)
  far.on('error', () => undefined)
  return {
    near,
    far,
    [Symbol.asyncDispose]: async () => {
      near.destroy()
      far.destroy()
      server.close()
    },
  }
}

type Open = (socket: Socket, drained: () => void) => Channel

const nothing = (): void => undefined

const CHANNELS: Readonly<Record<string, Open>> = {
  'on the handle': openChannel,
  'on the stream': (socket, drained) => new StreamChannel(socket, drained),
}

/** Sends each text when the one before has arrived. */
async function exchange(open: Open, { near, far }: Ends, texts: readonly string[], free: boolean): Promise<Buffer[]> {
  const chunks: Buffer[] = []
  let arrived = (_chunk: Buffer): void => undefined
  open(near, nothing).read((chunk) => {
    chunks.push(chunk)
    arrived(chunk)
    return free
  })
  for (const text of texts) {
    const next = new Promise<void>((resolve) => {
      arrived = (chunk) => {
        if (String(chunk) === text) resolve()
      }
    })
    far.write(text)
    await next
  }
  return chunks
}

function closing(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()))
}

async function everything(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of socket) chunks.push(chunk)
  return Buffer.concat(chunks)
}

test('a plain socket is worked on its handle: otherwise this node has something else inside, and all is slower', async () => {
  await using pair = await ends()
  assert.ok(openChannel(pair.near, nothing) instanceof HandleChannel)
})

for (const [where, open] of Object.entries(CHANNELS)) {
  describe(`a channel ${where}`, () => {
    test('does not write over chunks that are still needed', async () => {
      await using pair = await ends()
      const chunks = await exchange(open, pair, ['one', 'two', 'six'], false)
      assert.deepEqual(chunks.map(String), ['one', 'two', 'six'])
    })

    test('first gives what came before anybody read', async () => {
      await using pair = await ends()
      pair.far.write('early')
      await once(pair.near, 'readable')
      assert.deepEqual((await exchange(open, pair, ['late'], false)).map(String), ['early', 'late'])
    })

    test('takes nothing while it is paused, and loses nothing', async () => {
      await using pair = await ends()
      const channel = open(pair.near, nothing)
      const sent = Buffer.from('abcde'.repeat(60_000))
      const whole = Promise.withResolvers<Buffer>()
      const got: Buffer[] = []
      let paused = false
      channel.read((chunk) => {
        assert.equal(paused, false)
        got.push(Buffer.from(chunk))
        channel.pause()
        paused = true
        setImmediate(() => {
          paused = false
          channel.resume()
        })
        if (got.reduce((sum, { length }) => sum + length, 0) === sent.length) whole.resolve(Buffer.concat(got))
        return true
      })
      pair.far.write(sent)
      assert.ok((await whole.promise).equals(sent))
    })

    test('that was paused before anybody read stays paused', async () => {
      await using pair = await ends()
      const channel = open(pair.near, nothing)
      channel.pause()
      const got: string[] = []
      const arrived = Promise.withResolvers<void>()
      channel.read((chunk) => {
        got.push(String(chunk))
        arrived.resolve()
        return true
      })
      await new Promise<void>((resolve) => pair.far.write('late', () => resolve()))
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
      assert.deepEqual(got, [])
      channel.resume()
      await arrived.promise
      assert.deepEqual(got, ['late'])
    })

    test('writes in order, whole and in parts, what the peer reads late', async () => {
      await using pair = await ends()
      const drained = Promise.withResolvers<void>()
      const channel = open(pair.near, () => drained.resolve())
      const parts = Array.from({ length: 400 }, (_, i) => Buffer.alloc(40_000, i))
      let held = 0
      for (let i = 0; i < parts.length; i += 4) {
        channel.writeAll(parts.slice(i, i + 3))
        if (!channel.write(parts[i + 3] ?? Buffer.alloc(0))) held++
      }
      assert.ok(held > 0, 'the kernel took 16 MB at once')
      assert.ok(channel.full)
      const received = everything(pair.far)
      await drained.promise
      assert.equal(channel.full, false)
      channel.write(Buffer.from('the last'))
      pair.near.end()
      assert.ok((await received).equals(Buffer.concat([...parts, Buffer.from('the last')])))
    })

    test('writes behind what the stream still holds', async () => {
      await using pair = await ends()
      const before = Buffer.alloc(8_000_000, 'b')
      pair.near.write(before)
      const drained = Promise.withResolvers<void>()
      const channel = open(pair.near, () => drained.resolve())
      assert.equal(channel.write(Buffer.from('behind')), false)
      assert.ok(channel.full)
      const received = everything(pair.far)
      await drained.promise
      assert.ok(channel.write(Buffer.from(' it')))
      pair.near.end()
      assert.ok((await received).equals(Buffer.concat([before, Buffer.from('behind it')])))
    })

    test('tells the end of the stream through the socket', async () => {
      await using pair = await ends()
      open(pair.near, nothing).read(() => true)
      const closed = closing(pair.near)
      pair.far.end()
      await closed
    })

    test('a peer that is gone is an error of the socket, which closes', async () => {
      await using pair = await ends()
      const channel = open(pair.near, nothing)
      channel.read(() => true)
      const closed = closing(pair.near)
      pair.far.resetAndDestroy()
      await closed
      assert.ok(channel.closed)
    })

    test('what waits to be written when the socket is destroyed is given up, and nobody is told that it drained', async () => {
      await using pair = await ends()
      const channel = open(pair.near, () => assert.fail('drained'))
      while (channel.write(Buffer.alloc(1_000_000)));
      const closed = closing(pair.near)
      pair.near.destroy()
      await closed
      await new Promise((resolve) => setImmediate(resolve))
      assert.ok(channel.closed)
    })
  })
}

test('memory that is free takes the next bytes', async () => {
  await using pair = await ends()
  const [first, second] = await exchange(openChannel, pair, ['one', 'two'], true)
  assert.equal(first?.buffer, second?.buffer)
  assert.equal(String(first), 'two')
})

test('a chunk that fills the memory brings more of it', async () => {
  await using pair = await ends()
  const lengths: number[] = []
  const sent = 3_000_000
  const whole = Promise.withResolvers<void>()
  const channel = openChannel(pair.near, nothing)
  channel.read((chunk) => {
    lengths.push(chunk.length)
    if (lengths.reduce((sum, length) => sum + length, 0) === sent) whole.resolve()
    return true
  })
  pair.far.write(Buffer.alloc(sent))
  await whole.promise
  assert.ok(Math.max(...lengths) > 16 * 1024)
})

test('a write to a peer that has reset the connection destroys the socket with the error', async () => {
  await using pair = await ends()
  const channel = openChannel(pair.near, nothing)
  const failed = once(pair.near, 'error')
  const gone = closing(pair.far)
  pair.far.resetAndDestroy()
  await gone
  // Until the kernel has seen the reset a write succeeds.
  const again = (): void => {
    if (channel.closed) return
    channel.write(Buffer.from('x'))
    setImmediate(again)
  }
  again()
  const [error] = await failed
  assert.match(String(error.code), /EPIPE|ECONNRESET/)
})
