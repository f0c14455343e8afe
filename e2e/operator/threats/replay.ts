// What a thief of a gateway's token would do: dials the operator with a key of his own, says hello, and prints the first answer.
// It runs in whatever network it is started in; the tests start it in several. Its argument is a JSON object.
import { connect } from 'node:tls'
import { frame } from '#contracts/control/frames.ts'
import { CONTROL_PROTOCOL } from '#contracts/control/messages.ts'
import { makeAuthority } from '#sidecar/net/certificate.ts'

export interface Replay {
  readonly address: string
  readonly port: number
  readonly name: string
  readonly ca: string
  readonly token: string
}

const PATIENCE_MS = 30_000
const HOUR = 3_600_000

export function replay({ address, port, name, ca, token }: Replay): Promise<string> {
  const mine = makeAuthority('thief', { from: new Date(Date.now() - HOUR), to: new Date(Date.now() + HOUR) })
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port, servername: name, ca, cert: mine.certificate, key: mine.key })
    let heard = ''
    // Whoever is refused for good is told to cut first.
    const answer = (): string | undefined =>
      heard
        .split('\n')
        .slice(0, -1)
        .find((line) => !line.includes('"type":"cut"'))
    const end = (): void => {
      socket.destroy()
      resolve(answer() ?? '')
    }
    socket.setTimeout(PATIENCE_MS, () => socket.destroy(new Error('the operator says nothing')))
    socket.once('secureConnect', () => {
      const hello = {
        type: 'hello',
        protocol: CONTROL_PROTOCOL,
        token,
        version: '0.0.0',
        recordingKey: mine.certificate,
      }
      socket.write(frame(hello))
    })
    socket.on('data', (chunk: Buffer) => {
      heard += chunk.toString('utf8')
      if (answer() !== undefined) end()
    })
    socket.once('close', end)
    socket.once('error', reject)
  })
}

if (import.meta.main) console.log(await replay(JSON.parse(process.argv[2] ?? '{}')))
