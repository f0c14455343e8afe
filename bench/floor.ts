// The floor: the least a gateway in JavaScript can do. It walks every message's header in both directions (PostgreSQL
// documentation, "Message Formats") and forwards the chunk as it came. What Sallyport adds is measured against this.
import { connect, createServer, type Server, type Socket } from 'node:net'

const SSL_REQUEST = 80877103
const GSSENC_REQUEST = 80877104

/** Keeps the place in a stream of messages without keeping any of its bytes. */
class HeaderWalk {
  messages = 0
  /** Bytes of the current message's body still to come. */
  #body = 0
  /** How much of a header has been seen, and its length field so far. */
  #seen: number
  #length = 0

  constructor(typed: boolean) {
    this.#seen = typed ? 0 : 1
  }

  walk(chunk: Buffer): void {
    const end = chunk.length
    let at = 0
    while (at < end) {
      if (this.#body > 0) {
        const skipped = Math.min(this.#body, end - at)
        this.#body -= skipped
        at += skipped
      } else if (this.#seen === 0 && end - at >= 5) {
        this.#begin(chunk.readInt32BE(at + 1))
        at += 5
      } else {
        if (this.#seen > 0) this.#length = this.#length * 256 + (chunk[at] ?? 0)
        at++
        if (++this.#seen === 5) {
          this.#seen = 0
          this.#begin(this.#length)
          this.#length = 0
        }
      }
    }
  }

  #begin(length: number): void {
    if (length < 4) throw new RangeError(`a message of length ${length}`)
    this.messages++
    this.#body = length - 4
  }
}

export function startFloor(port: number, host: string, upstreamPort: number, upstreamHost: string): Server {
  const server = createServer({ noDelay: true }, (agent) =>
    relay(agent, connect({ port: upstreamPort, host: upstreamHost, noDelay: true })),
  )
  return server.listen(port, host, 1024)
}

function relay(agent: Socket, target: Socket): void {
  const fromAgent = new HeaderWalk(false)
  const fromTarget = new HeaderWalk(true)
  // An SSLRequest or GSSENCRequest is answered by one bare byte, after which the agent begins again.
  let bareAnswer = false
  let started = false
  agent.on('data', (chunk: Buffer) => {
    if (!started) {
      const code = chunk.length === 8 ? chunk.readInt32BE(4) : 0
      bareAnswer = code === SSL_REQUEST || code === GSSENC_REQUEST
      if (!bareAnswer) started = true
    }
    if (started) fromAgent.walk(chunk)
    if (!target.write(chunk)) pauseUntilDrained(agent, target)
  })
  target.on('data', (chunk: Buffer) => {
    if (bareAnswer) bareAnswer = false
    else fromTarget.walk(chunk)
    if (!agent.write(chunk)) pauseUntilDrained(target, agent)
  })
  agent
    .on('end', () => target.end())
    .on('error', () => target.destroy())
    .on('close', () => target.destroy())
  target
    .on('end', () => agent.end())
    .on('error', () => agent.destroy())
    .on('close', () => agent.destroy())
}

function pauseUntilDrained(source: Socket, sink: Socket): void {
  source.pause()
  sink.once('drain', () => source.resume())
}

if (import.meta.main) {
  const [port, host, upstreamPort, upstreamHost] = process.argv.slice(2)
  startFloor(Number(port), String(host), Number(upstreamPort), String(upstreamHost))
}
