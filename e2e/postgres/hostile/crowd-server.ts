// Stands in for a server that could hold ten thousand sessions: it logs agents in without asking and answers every query
// with nothing. The gateway's own connections, which read the catalog, are relayed to a real server.
import { connect, createServer, type Server, type Socket } from 'node:net'
import { message } from '../raw.ts'

const PARAMETERS = {
  server_version: '18.0',
  client_encoding: 'UTF8',
  standard_conforming_strings: 'on',
  server_encoding: 'UTF8',
  integer_datetimes: 'on',
  DateStyle: 'ISO, MDY',
  TimeZone: 'UTC',
}

function startCrowdServer(port: number, realHost: string, realPort: number, mark: string): Server {
  const server = createServer({ noDelay: true }, (gateway) => {
    gateway.on('error', () => {})
    gateway.once('data', (startup: Buffer) => {
      if (startup.includes(mark)) welcome(gateway)
      else relay(gateway, startup, { host: realHost, port: realPort })
    })
  })
  return server.listen(port, '127.0.0.1', 4096)
}

function welcome(gateway: Socket): void {
  const parameters = Object.entries(PARAMETERS).map(([name, value]) => message('S', `${name}\0${value}\0`))
  const ready = message('Z', 'I')
  gateway.write(
    Buffer.concat([
      message('R', Buffer.from([0, 0, 0, 0])),
      ...parameters,
      message('K', Buffer.from([0, 0, 0, 1, 0, 0, 0, 2])),
      ready,
    ]),
  )
  gateway.on('data', (chunk: Buffer) => gateway.write(answer(chunk)))
}

/** What a server with nothing in it says to each message, by its type. Messages here are small and come whole. */
const ANSWERS: Readonly<Record<string, Buffer>> = {
  Q: Buffer.concat([message('C', 'SELECT 0\0'), message('Z', 'I')]),
  P: message('1', ''),
  B: message('2', ''),
  D: message('n', ''),
  E: message('C', 'SELECT 0\0'),
  C: message('3', ''),
  S: message('Z', 'I'),
}

function answer(chunk: Buffer): Buffer {
  const answers: Buffer[] = []
  for (let at = 0; at + 5 <= chunk.length; at += 1 + chunk.readUInt32BE(at + 1)) {
    const known = ANSWERS[String.fromCharCode(chunk[at] ?? 0)]
    if (known) answers.push(known)
  }
  return Buffer.concat(answers)
}

function relay(gateway: Socket, startup: Buffer, real: { readonly host: string; readonly port: number }): void {
  const upstream = connect({ port: real.port, host: real.host, noDelay: true }, () => upstream.write(startup))
  gateway.pipe(upstream).on('error', () => gateway.destroy())
  upstream.pipe(gateway)
}

// A process of its own: its ten thousand sockets would not fit beside those of the test.
if (import.meta.main) {
  const [port, host, realPort, mark] = process.argv.slice(2)
  const server = startCrowdServer(Number(port), String(host), Number(realPort), String(mark))
  server.once('listening', () => process.stdout.write('listening\n'))
}
