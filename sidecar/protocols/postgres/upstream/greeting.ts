// What a server says between our StartupMessage and its first ReadyForQuery, apart from authentication.
import type { LoginMessage } from '../wire/message-reader.ts'
import { readParameterStatus } from '../wire/messages.ts'
import { UpstreamFault } from './fault.ts'
import { serverError } from './server-error.ts'
import type { Target } from './target.ts'

/** What it said, once it is ready. */
export interface Greeted {
  /** Absent behind some poolers: then nothing can be cancelled. */
  readonly backendKey: { readonly pid: number; readonly key: Buffer } | undefined
  /** As reported by ParameterStatus, in the server's order. */
  readonly parameters: ReadonlyMap<string, string>
  /** Minor version of protocol 3 that is spoken. */
  readonly protocolMinor: number
  /** `server_version` as reported, `15.18 (Debian …)`; empty if the server does not say. */
  readonly serverVersion: string
  /** NoticeResponse messages that came with the login, with their headers, for the agent. */
  readonly notices: readonly Buffer[]
}

const MOST_PARAMETERS = 200
const MOST_NOTICES = 20

export class Greeting {
  readonly #target: Target
  #minor: number
  #negotiated = false
  #authenticated = false
  #backendKey: { pid: number; key: Buffer } | undefined
  readonly #parameters = new Map<string, string>()
  readonly #notices: Buffer[] = []

  constructor(target: Target, minor: number) {
    this.#target = target
    this.#minor = minor
  }

  authenticated(): void {
    if (this.#authenticated) throw this.#violation('said twice that the login is done')
    this.#authenticated = true
  }

  take(message: LoginMessage): 'ready' | undefined {
    switch (message.type) {
      case 'E':
        throw serverError(message.bytes, this.#target)
      case 'N':
        if (this.#notices.length < MOST_NOTICES) this.#notices.push(Buffer.from(message.bytes))
        return undefined
      case 'v':
        return this.#negotiate(message.body)
    }
    if (!this.#authenticated)
      throw this.#violation(`sent a message ${JSON.stringify(message.type)} before the login was done`)
    switch (message.type) {
      case 'S':
        return this.#parameter(message.bytes)
      case 'K':
        return this.#key(message.body)
      case 'Z':
        return this.#ready(message.body)
      default:
        throw this.#violation(`sent a message ${JSON.stringify(message.type)} during the login`)
    }
  }

  result(): Greeted {
    return {
      backendKey: this.#backendKey,
      parameters: this.#parameters,
      protocolMinor: this.#minor,
      serverVersion: this.#parameters.get('server_version') ?? '',
      notices: this.#notices,
    }
  }

  /** A server may only lower the minor version, and we send no protocol extensions that it could refuse. */
  #negotiate(body: Buffer): undefined {
    if (this.#negotiated || this.#authenticated || body.length < 8)
      throw this.#violation('negotiated its protocol version wrongly')
    const version = body.readUInt32BE(0)
    const minor = version & 0xffff
    if (version >>> 16 !== 3 || minor >= this.#minor || body.readUInt32BE(4) !== 0) {
      throw this.#violation('wants a protocol version that was not asked for')
    }
    this.#negotiated = true
    this.#minor = minor
  }

  #parameter(message: Buffer): undefined {
    const { name, value } = readParameterStatus(message, 0, message.length)
    if (this.#parameters.size >= MOST_PARAMETERS)
      throw this.#violation(`reported more than ${MOST_PARAMETERS} parameters`)
    this.#parameters.set(name, value)
  }

  #key(body: Buffer): undefined {
    const key = Buffer.from(body.subarray(4))
    const fits = this.#minor >= 2 ? key.length >= 4 && key.length <= 256 : key.length === 4
    if (!fits) throw this.#violation(`sent a cancel key of ${key.length} bytes`)
    this.#backendKey = { pid: body.readUInt32BE(0), key }
  }

  /** Reading of SQL text relies on these two, so a server that did not obey is not worked with. */
  #ready(body: Buffer): 'ready' {
    if (body.length !== 1 || body[0] !== 0x49) throw this.#violation('is not idle after the login')
    const encoding = (this.#parameters.get('client_encoding') ?? '').toLowerCase().replaceAll(/[^a-z0-9]/g, '')
    if (encoding !== 'utf8' && encoding !== 'unicode') throw this.#violation('did not take client_encoding UTF8')
    if (this.#parameters.get('standard_conforming_strings') !== 'on') {
      throw this.#violation('did not take standard_conforming_strings on')
    }
    return 'ready'
  }

  #violation(what: string): UpstreamFault {
    return UpstreamFault.of('protocol', this.#target, what)
  }
}
