// The gateway's own login: answers what the server asks for, if the Connection allows that way of answering.
//
// No byte that depends on the password is sent before the method is known to be allowed. Plain and MD5 answers are as good
// as the password to whoever gets them, so they need a verified server; SCRAM gives nothing away and proves the server too.
import { createHash } from 'node:crypto'
import pgProtocol from 'pg-protocol'
import { serverEndPoint } from '../scram/channel-binding.ts'
import { type Binding, ScramClient, ScramError } from '../scram/client.ts'
import type { ScramKeyCache } from '../scram/keys.ts'
import type { Connected } from './connect.ts'
import { UpstreamFault } from './fault.ts'
import type { AuthMethod, Target } from './target.ts'

const { serialize } = pgProtocol

/** Beyond this a server makes us burn CPU for nothing. PostgreSQL's default is 4,096. */
const MOST_ITERATIONS = 600_000
/** RFC 7677 section 4. Only a server that is verified may ask for fewer: the proof could be guessed at offline. */
const FEWEST_ITERATIONS = 4_096

const SCRAM = 'SCRAM-SHA-256'
const SCRAM_PLUS = 'SCRAM-SHA-256-PLUS'

/** Codes of AuthenticationXXX messages (PostgreSQL documentation, 54.7). */
const CODE = { ok: 0, cleartext: 3, md5: 5, sasl: 10, saslContinue: 11, saslFinal: 12 } as const
const NAMES: ReadonlyMap<number, string> = new Map([
  [2, 'Kerberos V5'],
  [3, 'Cleartext'],
  [5, 'MD5'],
  [7, 'GSSAPI'],
  [8, 'GSSAPI'],
  [9, 'SSPI'],
])

export class Authentication {
  readonly #target: Target
  readonly #connected: Connected
  readonly #keys: ScramKeyCache
  #scram: ScramClient | undefined
  /** What has been shown to the server so far. */
  #state: 'nothing' | 'answered' | 'first' | 'proof' | 'proven' = 'nothing'

  constructor(target: Target, connected: Connected, keys: ScramKeyCache) {
    this.#target = target
    this.#connected = connected
    this.#keys = keys
  }

  /** Takes an Authentication message's body. The answer to send, undefined for none, or 'done'. */
  async take(body: Buffer): Promise<Buffer | 'done' | undefined> {
    if (body.length < 4) throw this.#malformed()
    const code = body.readUInt32BE(0)
    const data = body.subarray(4)
    switch (code) {
      case CODE.ok:
        return this.#ok()
      case CODE.cleartext:
        return this.#cleartext()
      case CODE.md5:
        return this.#md5(data)
      case CODE.sasl:
        return this.#sasl(data)
      case CODE.saslContinue:
        return this.#saslContinue(data)
      case CODE.saslFinal:
        return this.#saslFinal(data)
      default:
        throw this.#refuse(`asks for ${NAMES.get(code) ?? `authentication method ${code}`}, which is not supported`)
    }
  }

  #ok(): 'done' {
    if (this.#state === 'answered' || this.#state === 'proven') return 'done'
    if (this.#state !== 'nothing')
      throw this.#refuse('said "ok" in the middle of SCRAM, without proving that it knows the password')
    if (this.#allows('Trust')) return 'done'
    if (this.#allows('Certificate') && this.#connected.verified && this.#target.tls.cert !== undefined) return 'done'
    throw this.#refuse(
      `asked for no password, which proves nothing about it; settings.authMethods would have to list ${
        this.#target.tls.cert === undefined ? 'Trust' : 'Certificate (over verified TLS) or Trust'
      }`,
    )
  }

  #cleartext(): Buffer {
    this.#permit('Cleartext')
    this.#state = 'answered'
    return serialize.password(this.#password)
  }

  #md5(salt: Buffer): Buffer {
    this.#permit('MD5')
    if (salt.length !== 4) throw this.#malformed()
    const { username } = this.#target.credentials
    const inner = md5(Buffer.from(this.#password + username, 'utf8'))
    this.#state = 'answered'
    return serialize.password(`md5${md5(Buffer.concat([Buffer.from(inner, 'latin1'), salt]))}`)
  }

  #sasl(data: Buffer): Buffer {
    if (this.#state !== 'nothing') throw this.#malformed()
    const offered = data.toString('latin1').split('\0')
    const binding = this.#binding(offered)
    const mechanism = binding.kind === 'bound' ? SCRAM_PLUS : SCRAM
    if (!offered.includes(mechanism)) throw this.#refuse('offers no SASL mechanism that is supported')
    if (mechanism === SCRAM && !this.#allows(SCRAM)) throw this.#notAllowed(SCRAM)
    // Read now, so that a missing password is told before anything is sent.
    void this.#password
    this.#scram = new ScramClient(binding)
    this.#state = 'first'
    return serialize.sendSASLInitialResponseMessage(mechanism, this.#scram.first())
  }

  #binding(offered: readonly string[]): Binding {
    const { tls } = this.#connected
    const certificate = tls?.getPeerX509Certificate()?.raw
    const data = certificate && serverEndPoint(certificate)
    const wanted = this.#allows(SCRAM_PLUS) || this.#allows(SCRAM)
    if (data && wanted && offered.includes(SCRAM_PLUS)) return { kind: 'bound', data }
    if (!this.#allows(SCRAM)) {
      throw this.#refuse(`cannot do ${SCRAM_PLUS}, but settings.authMethods lists no other SASL mechanism`)
    }
    return { kind: data ? 'notOffered' : 'none' }
  }

  async #saslContinue(data: Buffer): Promise<Buffer> {
    if (this.#state !== 'first' || !this.#scram) throw this.#malformed()
    const limits = {
      fewestIterations: this.#connected.verified ? 1 : FEWEST_ITERATIONS,
      mostIterations: MOST_ITERATIONS,
    }
    const final = await this.#judged(() =>
      this.#scram?.final(data.toString('utf8'), this.#password, this.#keys, limits),
    )
    if (final === undefined) throw this.#malformed()
    this.#state = 'proof'
    return serialize.sendSCRAMClientFinalMessage(final)
  }

  async #saslFinal(data: Buffer): Promise<undefined> {
    if (this.#state !== 'proof') throw this.#malformed()
    await this.#judged(() => this.#scram?.verify(data.toString('utf8')))
    this.#state = 'proven'
  }

  async #judged<T>(step: () => T | Promise<T>): Promise<T> {
    try {
      return await step()
    } catch (error) {
      if (error instanceof ScramError) throw this.#refuse(`failed SCRAM: ${error.message}`)
      throw error
    }
  }

  #permit(method: AuthMethod): void {
    if (!this.#allows(method)) throw this.#notAllowed(method)
    if (!this.#connected.verified) {
      throw this.#refuse(`asks for ${method}, which is given only over TLS with mode VerifyCA or VerifyFull`)
    }
    if (this.#state !== 'nothing') throw this.#malformed()
  }

  #allows(method: AuthMethod): boolean {
    return this.#target.authMethods.includes(method)
  }

  get #password(): string {
    const { password } = this.#target.credentials
    if (password === undefined || password === '') {
      throw this.#refuse('asks for a password, but the credentials Secret has no key "password"')
    }
    return password
  }

  #notAllowed(method: string): UpstreamFault {
    const listed = this.#target.authMethods.join(', ') || 'nothing'
    return this.#refuse(`asks for ${method}, but the connection's settings.authMethods lists ${listed}`)
  }

  #refuse(what: string): UpstreamFault {
    return UpstreamFault.of('authentication', this.#target, what)
  }

  #malformed(): UpstreamFault {
    return UpstreamFault.of('protocol', this.#target, 'sent a malformed or misplaced authentication request')
  }
}

function md5(data: Buffer): string {
  return createHash('md5').update(data).digest('hex')
}
