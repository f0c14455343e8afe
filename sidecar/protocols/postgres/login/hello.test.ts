// What agents may send before their session, byte by byte and in every wrong way. Real clients are in psql.test.ts.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { after, before, test } from 'node:test'
import { connect as connectTls, createSecureContext, type SecureContext, type TLSSocket } from 'node:tls'
import { makeAuthority, makeLeaf } from '#sidecar/net/certificate.ts'
import { cancelRequest, sslRequest, startupMessage } from '../wire/startup-messages.ts'
import { sayFatal } from './farewell.ts'
import { acceptHello, type CancelHello, type Hello, type HelloOptions } from './hello.ts'
import { welcome } from './welcome.ts'

const validity = { from: new Date(Date.now() - 60_000), to: new Date(Date.now() + 86_400_000) }
const authority = makeAuthority('Test CA', validity)
const leaf = makeLeaf(authority, ['localhost', '127.0.0.1'], validity)
const context: SecureContext = createSecureContext({ cert: leaf.certificate, key: leaf.key, minVersion: 'TLSv1.2' })

const GSSENC = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x30])
const STARTUP = startupMessage(0, [
  ['user', 'ana'],
  ['database', 'orders'],
])
const WELCOME = welcome({ parameters: [['server_version', '17.0']], backendKey: { pid: 7, key: Buffer.alloc(4) } })

let listener: Server
let port = 0
let options: HelloOptions = {}
let outcome: Promise<Hello | CancelHello | Error>

before(async () => {
  listener = createServer({ allowHalfOpen: true }, (socket) => {
    outcome = acceptHello(socket, options).then(greet, (error: Error) => error)
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  port = (listener.address() as AddressInfo).port
})
after(() => listener.close())

function greet(hello: Hello | CancelHello): Hello | CancelHello {
  if (hello.kind === 'session') hello.socket.end(WELCOME)
  else hello.socket.destroy()
  return hello
}

async function dial(change: HelloOptions = { tls: context }): Promise<Socket> {
  options = change
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  return socket
}

/** Everything the other end says until it closes. */
async function hear(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  await once(socket, 'close')
  return Buffer.concat(chunks)
}

async function trickle(socket: Socket, bytes: Buffer): Promise<void> {
  for (const byte of bytes) {
    socket.write(Buffer.from([byte]))
    await new Promise((resolve) => setImmediate(resolve))
  }
}

async function answerTo(socket: Socket, question: Buffer): Promise<string> {
  socket.write(question)
  const [chunk] = (await once(socket, 'data')) as [Buffer]
  return chunk.toString('latin1')
}

async function overTls(socket: Socket, protocols: readonly string[] = []): Promise<TLSSocket> {
  const tls = connectTls({ socket, ca: authority.certificate, servername: 'localhost', ALPNProtocols: [...protocols] })
  tls.on('error', () => undefined)
  await once(tls, 'secureConnect')
  return tls
}

async function session(): Promise<Hello> {
  const hello = await outcome
  assert.ok(!(hello instanceof Error), String(hello))
  assert.equal(hello.kind, 'session')
  return hello as Hello
}

test('a plain hello, byte by byte', async () => {
  const socket = await dial()
  await trickle(socket, STARTUP)
  assert.deepEqual(await hear(socket), WELCOME)
  const hello = await session()
  assert.deepEqual([hello.user, hello.database, hello.minor, hello.tls], ['ana', 'orders', 0, undefined])
})

test('what comes behind the hello is kept', async () => {
  const socket = await dial()
  socket.write(Buffer.concat([STARTUP, Buffer.from('Q...')]))
  await hear(socket)
  assert.equal((await session()).rest.toString(), 'Q...')
})

test('GSSAPI encryption is declined, then TLS is taken', async () => {
  const socket = await dial()
  assert.equal(await answerTo(socket, GSSENC), 'N')
  assert.equal(await answerTo(socket, sslRequest()), 'S')
  const tls = await overTls(socket)
  tls.write(STARTUP)
  assert.deepEqual(await hear(tls), WELCOME)
  assert.ok((await session()).tls)
})

test('without a certificate TLS is declined, and the client may go on in the clear', async () => {
  const socket = await dial({})
  assert.equal(await answerTo(socket, sslRequest()), 'N')
  socket.write(STARTUP)
  assert.deepEqual(await hear(socket), WELCOME)
})

test('direct TLS with ALPN', async () => {
  const tls = await overTls(await dial(), ['postgresql'])
  assert.equal(tls.alpnProtocol, 'postgresql')
  await trickle(tls, STARTUP)
  assert.deepEqual(await hear(tls), WELCOME)
})

test('ALPN is answered behind an SSLRequest too', async () => {
  const socket = await dial()
  await answerTo(socket, sslRequest())
  const tls = await overTls(socket, ['postgresql'])
  assert.equal(tls.alpnProtocol, 'postgresql')
  tls.destroy()
})

test('a cancel request is handed on, over TLS too', async () => {
  const key = Buffer.alloc(32, 3)
  const plain = await dial()
  plain.write(cancelRequest(77, key))
  await hear(plain)
  const cancel = (await outcome) as CancelHello
  assert.deepEqual([cancel.kind, cancel.pid, cancel.key], ['cancel', 77, key])
  const socket = await dial()
  await answerTo(socket, sslRequest())
  const tls = await overTls(socket)
  tls.write(cancelRequest(78, key))
  await hear(tls)
  assert.equal(((await outcome) as CancelHello).pid, 78)
})

const VERSIONS: Readonly<Record<string, { minor: number; more?: [string, string][]; answer: string; agreed: number }>> =
  {
    '3.0 is taken as it is': { minor: 0, answer: '', agreed: 0 },
    '3.2 is taken as it is': { minor: 2, answer: '', agreed: 2 },
    'a newer one becomes 3.2': { minor: 9999, answer: 'v\0\0\0\x0c\0\x03\0\x02\0\0\0\0', agreed: 2 },
    'unknown extensions are listed': {
      minor: 2,
      more: [
        ['_pq_.fast', '1'],
        ['_pq_.x', '2'],
      ],
      answer: 'v\0\0\0\x1d\0\x03\0\x02\0\0\0\x02_pq_.fast\0_pq_.x\0',
      agreed: 2,
    },
  }
for (const [title, row] of Object.entries(VERSIONS)) {
  test(`protocol version: ${title}`, async () => {
    const socket = await dial()
    socket.write(startupMessage(row.minor, [['user', 'ana'], ...(row.more ?? [])]))
    const heard = (await hear(socket)).toString('latin1')
    assert.equal(heard.slice(0, -WELCOME.length), row.answer)
    assert.equal((await session()).minor, row.agreed)
  })
}

const REFUSED: Readonly<Record<string, { send: readonly Buffer[]; says: RegExp; tls?: false; milliseconds?: number }>> =
  {
    'bytes behind an SSLRequest': {
      send: [Buffer.concat([sslRequest(), STARTUP])],
      says: /08P01\0Mreceived unencrypted data after SSL request/,
    },
    'bytes behind a declined SSLRequest': {
      tls: false,
      send: [Buffer.concat([sslRequest(), STARTUP])],
      says: /08P01\0Mreceived unencrypted data/,
    },
    'bytes behind a GSSENCRequest': {
      send: [Buffer.concat([GSSENC, STARTUP])],
      says: /after GSSAPI encryption request/,
    },
    'two requests for GSSAPI': { send: [GSSENC, GSSENC], says: /N.*requested twice/s },
    'two requests for TLS': { tls: false, send: [sslRequest(), sslRequest()], says: /N.*requested twice/s },
    'direct TLS where there is none': { tls: false, send: [Buffer.from([0x16, 3, 1])], says: /TLS is not offered/ },
    'direct TLS behind a question': {
      send: [GSSENC, Buffer.from([0x16, 3, 1])],
      says: /invalid length of startup packet/,
    },
    'a web browser': {
      send: [Buffer.from('GET / HTTP/1.1\r\n\r\n')],
      says: /FATAL.*invalid length of startup packet/s,
    },
    'protocol 2': { send: [Buffer.from([0, 0, 0, 8, 0, 2, 0, 0])], says: /0A000\0Munsupported frontend protocol 2\.0/ },
    'no user': { send: [startupMessage(0, [['database', 'x']])], says: /28000\0Mno PostgreSQL user name/ },
    replication: {
      send: [
        startupMessage(0, [
          ['user', 'a'],
          ['replication', 'database'],
        ]),
      ],
      says: /0A000\0Mreplication connections are not allowed/,
    },
    'somebody who never finishes': {
      send: [STARTUP.subarray(0, 20)],
      milliseconds: 100,
      says: /57014\0Mcanceling authentication due to timeout/,
    },
    'somebody who never starts': { send: [], milliseconds: 100, says: /57014/ },
  }
for (const [title, row] of Object.entries(REFUSED)) {
  test(`refused in PostgreSQL's words: ${title}`, async () => {
    const socket = await dial({
      tls: row.tls === false ? undefined : context,
      milliseconds: row.milliseconds ?? 60_000,
    })
    const heard = hear(socket)
    for (const [at, bytes] of row.send.entries()) {
      // Every question but the last is answered; bytes that come before the answer would be another case.
      if (at > 0) await once(socket, 'data')
      socket.write(bytes)
    }
    assert.match((await heard).toString('latin1'), row.says)
    assert.ok((await outcome) instanceof Error)
  })
}

test('direct TLS without ALPN is refused inside TLS', async () => {
  const tls = await overTls(await dial())
  assert.match((await hear(tls)).toString('latin1'), /without ALPN/)
})

test('direct TLS for another protocol is refused by the handshake', async () => {
  const socket = await dial()
  const tls = connectTls({ socket, ca: authority.certificate, servername: 'localhost', ALPNProtocols: ['h2'] })
  const [error] = (await once(tls, 'error')) as [NodeJS.ErrnoException]
  assert.match(String(error.code), /ALERT|ALPN|RESET/)
  assert.ok((await outcome) instanceof Error)
})

test('garbage instead of a handshake ends the connection', async () => {
  const socket = await dial()
  assert.equal(await answerTo(socket, sslRequest()), 'S')
  socket.write(STARTUP)
  await hear(socket)
  assert.ok((await outcome) instanceof Error)
})

test('a handshake that is never finished ends in time', async () => {
  const socket = await dial({ tls: context, milliseconds: 2_000 })
  assert.equal(await answerTo(socket, sslRequest()), 'S')
  await hear(socket)
  assert.ok((await outcome) instanceof Error)
})

test('a client that half closes is told nothing and let go', async () => {
  const socket = await dial()
  socket.end(STARTUP.subarray(0, 9))
  await hear(socket)
  assert.match(String(await outcome), /closed the connection during login/)
})

test('a client that vanishes leaves no crash behind', async () => {
  const socket = await dial()
  socket.write(STARTUP.subarray(0, 9))
  socket.resetAndDestroy()
  assert.ok((await outcome) instanceof Error)
})

test('last words to a closed socket are no error', async () => {
  const socket = await dial()
  socket.destroy()
  await sayFatal(socket, new Error('x'))
})
