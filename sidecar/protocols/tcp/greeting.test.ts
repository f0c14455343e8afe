import assert from 'node:assert/strict'
import { Duplex, PassThrough } from 'node:stream'
import { describe, test } from 'node:test'
import { readGreeting, readSecondHello } from './greeting.ts'
import { Refused } from './refused.ts'
import { hello, hostName, record, SUPPORTED_VERSIONS, serverName } from './wire/testdata.ts'

const HOST = 'api.example.com'
const ENDPOINT = { host: HOST, port: 443, upstream: undefined, aliases: [], pattern: HOST }
const HELLO = hello(SUPPORTED_VERSIONS, serverName(hostName(ENDPOINT.host)))

/** Lets everything happen that waits for no timer. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
}

describe('how long a hello is waited for', () => {
  for (const [why, mode, bytes] of [
    ['nothing comes', 'Required', Buffer.alloc(0)],
    ['it comes a byte at a time', 'Required', HELLO],
    ['nothing comes where TLS is optional', 'Optional', Buffer.alloc(0)],
  ] as const) {
    test(`${why}: ten seconds, however busy the agent is`, async (t) => {
      t.mock.timers.enable({ apis: ['setTimeout'] })
      const socket = new PassThrough()
      const refused = assert.rejects(
        readGreeting(socket, ENDPOINT, mode),
        (error) => error instanceof Refused && /within 10 seconds/.test(error.message) && error.alert === undefined,
      )
      for (let second = 0; second < 10; second++) {
        if (bytes.length > 0) socket.write(bytes.subarray(second, second + 1))
        await settled()
        t.mock.timers.tick(1_000)
      }
      await refused
    })
  }

  test('a second hello is not waited for without end either', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const refused = assert.rejects(
      readSecondHello(new PassThrough(), Buffer.from([20, 3]), ENDPOINT),
      /second TLS hello did not come within 10 seconds/,
    )
    await settled()
    t.mock.timers.tick(10_000)
    await refused
  })
})

describe('what an agent says first', () => {
  test('a hello, and what it sent behind it', async () => {
    const socket = new PassThrough()
    const early = record(Buffer.from('early'), 23)
    socket.write(Buffer.concat([HELLO, early]))
    const greeting = await readGreeting(socket, ENDPOINT, 'Required')
    assert.deepEqual(greeting, {
      host: ENDPOINT.host,
      aliases: [],
      tls: true,
      serverName: ENDPOINT.host,
      bytes: HELLO,
      rest: early,
    })
  })

  test('nothing: it left', async () => {
    for (const bytes of [Buffer.alloc(0), HELLO.subarray(0, 30)]) {
      const socket = new PassThrough()
      socket.end(bytes)
      assert.equal(await readGreeting(socket, ENDPOINT, 'Required'), undefined)
    }
  })

  test('is not read where nothing is asked of it', async () => {
    const socket = new Duplex({ read: () => assert.fail('it is read') })
    const greeting = await readGreeting(socket, ENDPOINT, 'None')
    assert.equal(greeting?.tls, false)
    assert.equal(greeting?.bytes.length, 0)
  })

  test('a second hello comes with everything before it', async () => {
    const dummy = record(Buffer.from([1]), 20)
    const socket = new PassThrough()
    socket.write(HELLO)
    assert.deepEqual(await readSecondHello(socket, dummy, ENDPOINT), Buffer.concat([dummy, HELLO]))
    const other = hello(serverName(hostName('evil.example')))
    await assert.rejects(readSecondHello(new PassThrough(), other, ENDPOINT), /evil\.example/)
  })
})
