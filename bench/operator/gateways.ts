// Simulated gateways, in a process of their own: each with a key of its own and a real token of its pod, over the real stream. They take
// nothing into force; they acknowledge at once, and write a line for each snapshot: `{"pod":…,"at":milliseconds}`.
import { readFileSync } from 'node:fs'
import { CONTROL_PROTOCOL } from '#contracts/control/messages.ts'
import { OperatorStream } from '#sidecar/control/operator-stream.ts'
import { makeAuthority } from '#sidecar/net/certificate.ts'

export interface SimulatedPods {
  readonly address: string
  readonly port: number
  readonly name: string
  readonly ca: string
  readonly pods: readonly { readonly name: string; readonly token: string }[]
}

const DAY = 86_400_000
/** As if they had been started one after the other. */
const APART_MS = 5

if (import.meta.main) {
  const { pods, ...place }: SimulatedPods = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8'))
  const validity = { from: new Date(Date.now() - DAY), to: new Date(Date.now() + DAY) }
  for (const [index, { name, token }] of pods.entries()) {
    const { certificate, key } = makeAuthority(name, validity)
    const hello = { type: 'hello', protocol: CONTROL_PROTOCOL, token, version: 'simulated', recordingKey: '' } as const
    let known = false
    const stream = new OperatorStream(
      { place, certificate, key, hello: async () => hello },
      {
        message(message) {
          if (message.type === 'welcome') known = true
          if (message.type === 'refusal') process.stderr.write(`${name}: ${message.reason}\n`)
          if (message.type !== 'snapshot') return
          stream.send({ type: 'acknowledged', version: message.version })
          process.stdout.write(`${JSON.stringify({ pod: name, at: Date.now() })}\n`)
        },
        lost: (reason) => process.stderr.write(`${name}: ${reason}\n`),
      },
    )
    setTimeout(() => stream.start(), index * APART_MS)
    setInterval(() => known && stream.send({ type: 'alive', sessions: 0 }), 5_000)
  }
}
