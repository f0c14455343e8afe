import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { test } from 'node:test'
import { connectTcp } from './connect-tcp.ts'
import { takeReads } from './direct-reads.ts'

interface Ends extends AsyncDisposable {
  readonly near: Socket
  readonly far: Socket
}

async function ends(directReads: boolean): Promise<Ends> {
  const server = createServer({ noDelay: true }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const accepted = once(server, 'connection')
  const { port } = server.address() as AddressInfo
  const near = await connectTcp(['127.0.0.1'], port, { until: performance.now() + 5000, directReads })
  const [far] = await accepted
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

/** Sends each text when the one before has arrived. */
async function exchange({ near, far }: Ends, texts: readonly string[], free: boolean): Promise<readonly Buffer[]> {
  const chunks: Buffer[] = []
  let arrived = (): void => undefined
  assert.ok(
    takeReads(near, (chunk) => {
      chunks.push(chunk)
      arrived()
      return free
    }),
  )
  for (const text of texts) {
    const next = new Promise<void>((resolve) => {
      arrived = resolve
    })
    far.write(text)
    await next
  }
  return chunks
}

test('chunks that are still needed are not written over', async () => {
  await using pair = await ends(true)
  const chunks = await exchange(pair, ['one', 'two', 'six'], false)
  assert.deepEqual(chunks.map(String), ['one', 'two', 'six'])
})

test('memory that is free takes the next bytes', async () => {
  await using pair = await ends(true)
  const [first, second] = await exchange(pair, ['one', 'two'], true)
  assert.equal(first?.buffer, second?.buffer)
  assert.equal(String(first), 'two')
})

test('what came before anybody took the reads is taken first', async () => {
  await using pair = await ends(true)
  pair.far.write('early')
  await once(pair.near, 'readable')
  const chunks = await exchange(pair, ['late'], false)
  assert.deepEqual(chunks.map(String), ['early', 'late'])
})

test('until then it is a stream like any other, kept bytes included', async () => {
  await using pair = await ends(true)
  const chunks: Buffer[] = []
  pair.near.on('data', (chunk: Buffer) => chunks.push(chunk))
  for (const text of ['one', 'two']) {
    pair.far.write(text)
    await once(pair.near, 'data')
  }
  assert.deepEqual(chunks.map(String), ['one', 'two'])
})

test('a paused socket takes nothing until it is resumed, and loses nothing', async () => {
  await using pair = await ends(true)
  let text = ''
  const whole = Promise.withResolvers<void>()
  takeReads(pair.near, (chunk) => {
    text += chunk
    if (text.length < 300_000) {
      pair.near.pause()
      setImmediate(() => pair.near.resume())
    } else whole.resolve()
    return true
  })
  const sent = 'abcde'.repeat(60_000)
  pair.far.write(sent)
  await whole.promise
  assert.ok(text === sent)
})

test('the end of the stream is told as ever', async () => {
  await using pair = await ends(true)
  takeReads(pair.near, () => true)
  const closed = once(pair.near, 'close')
  pair.far.end()
  await closed
})

test('a socket that something may be wrapped around has no reads to take', async () => {
  await using pair = await ends(false)
  assert.equal(
    takeReads(pair.near, () => true),
    false,
  )
})
