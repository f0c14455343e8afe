// One peer of the stream, from its first byte to its end.
//
//   new ── hello ──► greeting ── attested ──► a gateway
//    │                  │                        │
//    └── anything else ─┴── not attested ────────┴── broken: refusal, end
//
// A peer is nobody until its hello is attested: until then it may hold one connection, a small message and a few seconds.
import { createHash } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
import { FrameReader, frame } from '#contracts/control/frames.ts'
import { CONTROL_PROTOCOL, type FromGateway, type FromOperator, type Hello } from '#contracts/control/messages.ts'
import { MOST_BYTES, parseFromGateway } from '#contracts/control/parse.ts'
import { messageOf } from '#sidecar/system-reason.ts'
import type { Attestation, Attester, Unattested } from './attest.ts'
import type { Gateway, Gateways } from './gateways.ts'
import type { WelcomeTerms } from './welcome.ts'

export interface PeerOptions {
  readonly attester: Pick<Attester, 'attest'>
  readonly gateways: Gateways
  readonly terms: WelcomeTerms
  readonly log: StreamLog
  /** Messages about budgets, refused destinations and the like. */
  readonly said?: (gateway: Gateway, message: FromGateway) => void
}

export interface StreamLog {
  attested(gateway: Gateway, pinnedAnew: boolean): void
  /** `pod`: whose claim it was, where trying again cannot help it. */
  refused(remoteAddress: string, reason: string, pod?: Unattested['pod']): void
  ended(gateway: Gateway, reason: string): void
}

/** Attestations under way at once; each costs the API server two requests. */
export interface Door {
  /** False: there is no room now. */
  enter(): boolean
  leave(): void
}

const HELLO_MS = 10_000
const MOST_UNSENT = 128 * 1024 * 1024

export class Peer {
  readonly #socket: TLSSocket
  readonly #options: PeerOptions
  readonly #door: Door
  readonly #remoteAddress: string
  readonly #reader = new FrameReader(MOST_BYTES.fromGateway)
  readonly #deadline: NodeJS.Timeout
  #state: 'new' | 'greeting' | 'refused' | Gateway = 'new'
  #ended = 'the gateway closed the stream'

  constructor(socket: TLSSocket, options: PeerOptions, door: Door) {
    this.#socket = socket
    this.#options = options
    this.#door = door
    this.#remoteAddress = socket.remoteAddress ?? 'an unknown address'
    this.#deadline = setTimeout(() => socket.destroy(), HELLO_MS)
    socket.setNoDelay(true)
    socket.on('error', (error) => {
      this.#ended = error.message
    })
    socket.on('close', () => this.#close())
    socket.on('data', (chunk: Buffer) => this.#data(chunk))
  }

  #data(chunk: Buffer): void {
    try {
      for (const value of this.#reader.push(chunk)) this.#message(parseFromGateway(value))
    } catch (error) {
      this.#refuse(messageOf(error), true)
    }
  }

  #message(message: FromGateway): void {
    if (this.#state === 'new') this.#greet(message)
    else if (this.#state === 'greeting') this.#refuse('a gateway waits for its welcome', true)
    else if (this.#state !== 'refused') this.#heard(this.#state, message)
  }

  #greet(message: FromGateway): void {
    if (message.type !== 'hello') {
      this.#refuse('the first message is no hello', true)
    } else if (message.protocol !== CONTROL_PROTOCOL) {
      this.#refuse(`the stream's version is ${CONTROL_PROTOCOL}, not ${message.protocol}: restart the pod`, true)
    } else if (!this.#door.enter()) {
      this.#refuse('too many gateways are being attested at once', false)
    } else {
      this.#state = 'greeting'
      clearTimeout(this.#deadline)
      void this.#attest(message).finally(() => this.#door.leave())
    }
  }

  async #attest({ token }: Hello): Promise<void> {
    const fingerprint = fingerprintOf(this.#socket)
    if (fingerprint === undefined) {
      this.#refuse('the gateway shows no certificate', true)
      return
    }
    const claim = { token, remoteAddress: this.#remoteAddress, fingerprint }
    const answer = await this.#options.attester.attest(claim).catch((error): Attestation => {
      return { accepted: false, reason: `the pod cannot be attested now: ${messageOf(error)}`, final: false }
    })
    // It may have gone, or broken the protocol, while it was looked at.
    if (this.#state !== 'greeting' || this.#socket.destroyed) return
    if (answer.accepted) this.#accept(answer, fingerprint)
    else this.#refuse(answer.reason, answer.final, answer)
  }

  #accept({ identity, form, pinnedAnew }: Attestation & { readonly accepted: true }, fingerprint: string): void {
    const { gateways, terms, log } = this.#options
    this.#say({ type: 'welcome', agent: identity, ...terms.message })
    const gateway = gateways.add(
      { identity, fingerprint, form },
      { send: (message) => this.#say(message), end: (reason, final) => this.#end(reason, final) },
    )
    this.#state = gateway
    log.attested(gateway, pinnedAnew)
  }

  #heard(gateway: Gateway, message: FromGateway): void {
    const { gateways, said } = this.#options
    if (message.type === 'acknowledged') gateways.acknowledge(gateway, message.version)
    else if (message.type === 'rejected') gateways.reject(gateway, message.version, message.problem)
    else if (message.type === 'alive') gateway.sessions = message.sessions
    else if (message.type === 'hello') this.#refuse('a gateway says hello once', true)
    else said?.(gateway, message)
  }

  #refuse(reason: string, final: boolean, unattested?: Unattested): void {
    this.#options.log.refused(this.#remoteAddress, reason, final ? unattested?.pod : undefined)
    // What it was given by an earlier stream would stay in force until it is stale.
    if (unattested?.final) this.#say({ type: 'cut', reason })
    this.#end(reason, final)
  }

  #end(reason: string, final: boolean): void {
    this.#ended = reason
    this.#say({ type: 'refusal', reason, final })
    this.#socket.destroySoon()
    if (this.#state === 'new' || this.#state === 'greeting') this.#state = 'refused'
  }

  #close(): void {
    clearTimeout(this.#deadline)
    const state = this.#state
    this.#state = 'refused'
    if (typeof state === 'string') return
    this.#options.gateways.remove(state)
    this.#options.log.ended(state, this.#ended)
  }

  #say(message: FromOperator): void {
    if (!this.#socket.writable) return
    this.#socket.write(frame(message))
    if (this.#socket.writableLength > MOST_UNSENT) this.#socket.destroy(new Error('the gateway does not read'))
  }
}

function fingerprintOf(socket: TLSSocket): string | undefined {
  const key = socket.getPeerX509Certificate()?.publicKey.export({ type: 'spki', format: 'der' })
  return key && createHash('sha256').update(key).digest('hex')
}
