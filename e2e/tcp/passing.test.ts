// What is let in passes as it came, both ways, and leaves a record without a byte of it.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { crc32 } from 'node:zlib'
import { realHellos } from '#sidecar/protocols/tcp/wire/testdata.ts'
import { eventually } from '../gateway/stage.ts'
import { Agent, overTls, program } from './clients.ts'
import { LOOPBACK, TcpStage } from './stage.ts'
import { AUTHORITY, Target } from './targets.ts'

const HOST = 'api.data.svc'
const SECRET = 'never-to-be-recorded-4711'

let stage: TcpStage
let https: Target
let retrying: Target
let greeter: Target
let echo: Target
let sink: Target
let deaf: Target
let folder: string

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-tcp-clients-'))
  await writeFile(join(folder, 'ca.pem'), AUTHORITY.certificate)
  https = await Target.tls([HOST, `${HOST}.cluster.local`, 'one.db.data.svc', LOOPBACK])
  // Clients send no key for this group unasked, so the server asks for a second hello.
  retrying = await Target.tls([HOST], { ecdhCurve: 'secp521r1', minVersion: 'TLSv1.3' })
  greeter = await Target.open((socket) => {
    socket.write('220 ready\r\n')
    socket.on('data', (chunk) => socket.write(`you said ${chunk.toString()}`))
    socket.on('end', () => socket.end('bye\r\n'))
  })
  echo = await Target.open((socket) => socket.pipe(socket))
  sink = await Target.open((socket) => {
    let sum = 0
    socket.on('data', (chunk) => {
      sum = crc32(chunk, sum)
    })
    socket.on('end', () => socket.end(sum.toString(16).padStart(8, '0')))
  })
  deaf = await Target.open((socket) => {
    socket.end('I have said it all')
    socket.on('data', (chunk) => deaf.keep(chunk))
  })
  stage = await TcpStage.open({
    api: { upstreamPort: https.port },
    retry: { host: HOST, upstreamPort: retrying.port },
    address: { host: LOOPBACK, upstreamPort: https.port },
    pattern: { host: '*.db.data.svc', upstreamPort: https.port },
    echo: { host: 'api.example.com', upstreamPort: echo.port },
    greeter: { upstreamPort: greeter.port, settings: { tls: 'None' } },
    deaf: { upstreamPort: deaf.port, settings: { tls: 'None' } },
    sink: { upstreamPort: sink.port, settings: { tls: 'None' } },
    either: { host: HOST, upstreamPort: https.port, settings: { tls: 'Optional' } },
    plain: { host: 'plain.data.svc', upstreamPort: echo.port, settings: { tls: 'Optional' } },
  })
})

after(async () => {
  await stage?.stop()
  await Promise.all([https, retrying, greeter, echo, sink, deaf].map((target) => target?.close()))
  await rm(folder, { recursive: true, force: true })
})

describe('TLS passes through to a real server, which the client verifies', () => {
  test('node', async () => {
    assert.match(await overTls(stage.port('api'), HOST), /you asked for api\.data\.svc/)
  })

  test('upper case and the cluster’s own suffix name the same host', async () => {
    assert.match(await overTls(stage.port('api'), 'API.Data.SVC'), /you asked for/i)
    assert.match(await overTls(stage.port('api'), `${HOST}.cluster.local`), /you asked for api\.data\.svc\.cluster/)
  })

  test('TLS 1.2', async () => {
    assert.match(await overTls(stage.port('api'), HOST, { maxVersion: 'TLSv1.2' }), /you asked for/)
  })

  test('a handshake with a second hello', async () => {
    assert.match(await overTls(stage.port('retry'), HOST), /you asked for api\.data\.svc/)
  })

  test('an endpoint that is an address, without a server name', async () => {
    const identity = { servername: '', checkServerIdentity: () => undefined }
    assert.match(await overTls(stage.port('address'), '', identity), /you asked for false/)
  })

  test('a name that a pattern stands for', async () => {
    assert.match(await overTls(stage.port('pattern'), 'one.db.data.svc'), /you asked for one\.db/)
    const { objects } = (await stage.event('action.decided', 'pattern')) as { objects?: unknown }
    assert.deepEqual(objects, [{ kind: 'endpoint', name: `one.db.data.svc:${stage.port('pattern')}` }])
  })

  test('with tls: Optional', async () => {
    assert.match(await overTls(stage.port('either'), HOST), /you asked for api\.data\.svc/)
  })

  const PYTHON = `import ssl, sys, urllib.request, socket
real = socket.create_connection
socket.create_connection = lambda address, *rest, **more: real(('${LOOPBACK}', address[1]))
print(urllib.request.urlopen(sys.argv[1], context=ssl.create_default_context(cafile=sys.argv[2])).read().decode())`
  const CLIENTS: Readonly<Record<string, (port: number, ca: string) => ReturnType<typeof program>>> = {
    curl: (port, ca) =>
      program('curl', ['-sS', '--cacert', ca, '--resolve', `${HOST}:${port}:${LOOPBACK}`, `https://${HOST}:${port}/`]),
    openssl: (port, ca) => {
      const where = ['-connect', `${LOOPBACK}:${port}`, '-servername', HOST, '-CAfile', ca]
      return program('openssl', ['s_client', '-quiet', '-verify_return_error', ...where], 'GET / HTTP/1.1\r\n\r\n')
    },
    python: (port, ca) => program('python3', ['-c', PYTHON, `https://${HOST}:${port}/`, ca]),
  }
  for (const [name, run] of Object.entries(CLIENTS)) {
    test(name, async (t) => {
      const finished = await run(stage.port('api'), join(folder, 'ca.pem'))
      if (finished) assert.match(finished.output, /you asked for api\.data\.svc/)
      else t.skip(`there is no ${name} on this machine`)
    })
  }
})

describe('bytes pass as they came', () => {
  const passing = realHellos().filter(({ serverName, encrypted }) => serverName !== undefined && !encrypted)
  for (const { client, serverName, bytes } of passing) {
    test(`the hello of ${client} reaches the target unchanged, in whatever pieces it comes`, async () => {
      for (const size of [bytes.length, 7]) {
        const agent = new Agent(stage.port('echo'))
        agent.socket.setNoDelay(true)
        for (let at = 0; at < bytes.length; at += size) agent.socket.write(bytes.subarray(at, at + size))
        assert.deepEqual(await agent.atLeast(bytes.length), bytes, `${serverName}`)
        agent.socket.destroy()
      }
    })
  }

  test('every byte of a hello may come by itself', async () => {
    const [hello] = realHellos()
    assert.ok(hello)
    const agent = new Agent(stage.port('echo'))
    agent.socket.setNoDelay(true)
    for (const byte of hello.bytes) {
      await new Promise((written) => agent.socket.write(Buffer.from([byte]), written))
    }
    assert.deepEqual(await agent.atLeast(hello.bytes.length), hello.bytes)
    agent.socket.destroy()
  })

  test('what is sent right behind a hello arrives behind it', async () => {
    const [hello] = realHellos()
    assert.ok(hello)
    const both = Buffer.concat([hello.bytes, Buffer.from('\x17\x03\x03\x00\x05early')])
    const agent = new Agent(stage.port('echo'))
    agent.socket.write(both)
    assert.deepEqual(await agent.atLeast(both.length), both)
    agent.socket.destroy()
  })
})

describe('plain protocols', () => {
  test('with tls: None a server may speak first', async () => {
    const agent = new Agent(stage.port('greeter'))
    assert.equal((await agent.atLeast(11)).toString(), '220 ready\r\n')
    agent.socket.write('EHLO\r\n')
    await agent.atLeast(11 + 15)
    agent.socket.end()
    assert.match((await agent.ended).bytes.toString(), /you said EHLO\r\nbye/)
  })

  test('the agent may end its direction and go on reading', async () => {
    const agent = new Agent(stage.port('greeter'), { allowHalfOpen: true })
    agent.socket.end('last words\r\n')
    assert.equal((await agent.ended).bytes.toString(), '220 ready\r\nyou said last words\r\nbye\r\n')
  })

  test('the target may end its direction and go on reading', async () => {
    const agent = new Agent(stage.port('deaf'), { allowHalfOpen: true })
    await agent.ending
    assert.equal(agent.received.toString(), 'I have said it all')
    agent.socket.end('but I have not')
    assert.equal((await agent.ended).reset, false)
    await eventually('it arrives', () => deaf.received.toString() === 'but I have not')
  })

  test('with tls: Optional bytes that are no TLS pass', async () => {
    const agent = new Agent(stage.port('plain'), { allowHalfOpen: true })
    agent.socket.end(`PING ${SECRET}\r\n`)
    const { bytes, reset } = await agent.ended
    assert.equal(bytes.toString(), `PING ${SECRET}\r\n`)
    assert.equal(reset, false)
  })
})

test('a gigabyte passes whole, and the gateway does not keep it', async () => {
  const before = peakMegabytes(stage.processId)
  const block = Buffer.alloc(1024 * 1024, 'gigabyte')
  let sum = 0
  const agent = new Agent(stage.port('sink'), { allowHalfOpen: true })
  for (let sent = 0; sent < 1024; sent++) {
    sum = crc32(block, sum)
    if (!agent.socket.write(block)) await new Promise((drained) => agent.socket.once('drain', drained))
  }
  agent.socket.end()
  assert.equal((await agent.ended).bytes.toString(), sum.toString(16).padStart(8, '0'))
  const grown = peakMegabytes(stage.processId) - before
  assert.ok(grown < 150, `the gateway grew by ${grown} MB`)
  const closed = (await stage.event('action.decided', 'sink')) as { bytes?: unknown }
  assert.equal(closed.bytes, 1024 * 1024 * 1024 + 8)
})

test('recordings say who went where and how much passed, and hold nothing of it', async () => {
  const { session } = (await stage.event('session.opened', 'plain')) as { session?: unknown }
  await eventually('the session is sealed', async () => {
    return (await stage.sessions('show', String(session))).text.includes('sealed')
  })
  const { text } = await stage.sessions('show', String(session))
  const port = stage.port('plain')
  assert.match(text, new RegExp(`connect plain\\.data\\.svc:${port}\\n +Allow by data/plain/connect`))
  assert.match(text, /passed-through, toTarget 32, toAgent 32/)
  assert.match(text, /= 0 rows, 64 bytes/)
  assert.equal((await stage.sessions('verify')).code, 0)
  assert.equal((await stage.recordings()).includes(SECRET), false)
})

/** The most memory that the process has had so far. */
function peakMegabytes(pid: number): number {
  const found = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return Number(found?.[1] ?? 0) / 1024
}
