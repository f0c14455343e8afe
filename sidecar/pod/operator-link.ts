// What the gateway says to the operator, and what it makes of what it hears.
import { readFile } from 'node:fs/promises'
import {
  CONTROL_PROTOCOL,
  type FromGateway,
  type FromOperator,
  type Snapshot,
  type Welcome,
} from '#contracts/control/messages.ts'
import { TOKEN_PATH } from '#contracts/pod/names.ts'
import { OperatorStream, type Place } from '#sidecar/control/operator-stream.ts'
import type { Logger } from '#sidecar/log.ts'
import { makeAuthority } from '#sidecar/net/certificate.ts'
import { Freshness } from './freshness.ts'

export interface LinkOptions {
  readonly place: Place
  readonly version: string
  /** PEM. */
  readonly recordingKey: string
  readonly log: Logger
  readonly sessions: () => number
  readonly handlers: {
    welcome(welcome: Welcome): Promise<void>
    snapshot(snapshot: Snapshot): void
    /** Everything is to be denied until the next snapshot. */
    deny(reason: string): void
    /** About the leases of limits that all pods of the agent share. */
    leases(message: FromOperator & { readonly type: 'lease' | 'recall' }): void
    /** The stream is gone, and with it whatever was under way. */
    lost(): void
  }
}

/** The certificate only proves its key, for as long as the process lives. */
const CERTIFICATE_YEARS = 10
const YEAR = 365 * 86_400_000

export class OperatorLink {
  readonly #options: LinkOptions
  readonly #stream: OperatorStream
  readonly #freshness: Freshness
  #alive: NodeJS.Timeout | undefined
  /** Welcomed: until then only `hello` may be said. */
  #known = false
  /** Snapshots wait for what the welcome set in motion. */
  #welcomed: Promise<void> = Promise.resolve()

  constructor(options: LinkOptions) {
    this.#options = options
    this.#freshness = new Freshness({ onStale: (reason) => options.handlers.deny(reason) })
    const now = Date.now()
    const validity = { from: new Date(now - YEAR), to: new Date(now + CERTIFICATE_YEARS * YEAR) }
    const { certificate, key } = makeAuthority('sallyport gateway', validity)
    this.#stream = new OperatorStream(
      { place: options.place, certificate, key, hello: () => this.#hello() },
      {
        message: (message) => this.#heard(message),
        lost: (reason, retryMs) => {
          clearInterval(this.#alive)
          this.#known = false
          this.#freshness.lost(Date.now())
          options.handlers.lost()
          options.log.warn({ retryMs }, `no stream to the operator: ${reason}`)
        },
      },
    )
  }

  get stale(): boolean {
    return this.#freshness.stale
  }

  start(): void {
    this.#stream.start()
  }

  stop(): void {
    clearInterval(this.#alive)
    this.#freshness.stop()
    this.#stream.stop()
  }

  /** False: there is no stream, or its operator has not said yet that it knows us. */
  say(message: FromGateway): boolean {
    return this.#known && this.#stream.send(message)
  }

  async #hello() {
    const token = (await readFile(TOKEN_PATH, 'utf8')).trim()
    const { version, recordingKey } = this.#options
    return { type: 'hello', protocol: CONTROL_PROTOCOL, token, version, recordingKey } as const
  }

  #heard(message: FromOperator): void {
    const { handlers, log, sessions } = this.#options
    switch (message.type) {
      case 'welcome':
        this.#known = true
        this.#freshness.welcome(message.staleSeconds)
        clearInterval(this.#alive)
        this.#alive = setInterval(() => this.say({ type: 'alive', sessions: sessions() }), message.aliveSeconds * 1000)
        log.info({ pod: message.agent.pod }, 'the operator knows this gateway')
        this.#welcomed = handlers.welcome(message).catch((error) => {
          log.error({ error }, 'what the operator said at the beginning could not be done')
          handlers.deny('the gateway could not be set up')
        })
        return
      case 'snapshot':
        this.#freshness.renewed()
        void this.#welcomed.then(() => handlers.snapshot(message))
        return
      case 'cut':
        handlers.deny(message.reason)
        return
      case 'refusal':
        log.error(`the operator refuses this gateway: ${message.reason}`)
        return
      case 'lease':
      case 'recall':
        handlers.leases(message)
        return
      case 'beat':
        return
    }
  }
}
