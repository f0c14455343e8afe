// SCRAM-SHA-256 and SCRAM-SHA-256-PLUS (RFC 5802, RFC 7677), the server's side: for agents whose drivers insist on it
// (`require_auth`, `channel_binding`). Sans I/O, made for one exchange.
import { randomBytes, timingSafeEqual } from 'node:crypto'
import { decodeBase64, inOrder, isPrintable, readAttributes } from './attributes.ts'
import { hmac, type ScramKeys, sha256, xor } from './keys.ts'

export const SCRAM = 'SCRAM-SHA-256'
export const SCRAM_PLUS = 'SCRAM-SHA-256-PLUS'

/** `malformed`: not SCRAM, or an attempt to weaken it; `wrong`: not the password. */
export class ScramRefusal extends Error {
  override readonly name = 'ScramRefusal'
  readonly kind: 'malformed' | 'wrong'

  constructor(kind: 'malformed' | 'wrong', message: string) {
    super(message)
    this.kind = kind
  }
}

export interface ScramSecret {
  readonly keys: ScramKeys
  readonly salt: Buffer
  readonly iterations: number
}

export class ScramServer {
  readonly #secret: ScramSecret
  /** Of the TLS connection; undefined where there is none, and then -PLUS is not offered. */
  readonly #endPoint: Buffer | undefined
  readonly #ownNonce: string
  #header = ''
  #nonce = ''
  #soFar = ''

  constructor(secret: ScramSecret, endPoint: Buffer | undefined, ownNonce = randomBytes(18).toString('base64')) {
    this.#secret = secret
    this.#endPoint = endPoint
    this.#ownNonce = ownNonce
  }

  get mechanisms(): readonly string[] {
    return this.#endPoint ? [SCRAM_PLUS, SCRAM] : [SCRAM]
  }

  /** client-first-message → server-first-message. */
  first(mechanism: string, clientFirst: string): string {
    if (!this.mechanisms.includes(mechanism))
      throw malformed('the client selected a SASL mechanism that was not offered')
    const [, flag = '', bare = ''] = /^(p=[^,]*|n|y),,(.*)$/s.exec(clientFirst) ?? []
    this.#checkFlag(mechanism, flag)
    const [, nonce = ''] = inOrder(bare, 'nr') ?? []
    if (!isPrintable(nonce)) throw malformed("the client's nonce is missing or not printable")
    this.#header = `${flag},,`
    this.#nonce = nonce + this.#ownNonce
    const { salt, iterations } = this.#secret
    const answer = `r=${this.#nonce},s=${salt.toString('base64')},i=${iterations}`
    this.#soFar = `${bare},${answer}`
    return answer
  }

  /** client-final-message → server-final-message. */
  final(clientFinal: string): string {
    const attributes = readAttributes(clientFinal)
    const proofText = attributes?.at(-1)
    const [binding, nonce] = inOrder(clientFinal, 'cr') ?? []
    const proof = proofText?.letter === 'p' ? decodeBase64(proofText.value) : undefined
    if (proof?.length !== 32 || binding === undefined) throw malformed('the final SCRAM message is malformed')
    if (nonce !== this.#nonce) throw malformed('the final SCRAM message is for another exchange')
    if (binding !== this.#expectedBinding()) {
      throw malformed('SCRAM channel binding check failed: this is not the TLS connection that the client sees')
    }
    const authMessage = `${this.#soFar},${clientFinal.slice(0, clientFinal.lastIndexOf(',p='))}`
    const { storedKey, serverKey } = this.#secret.keys
    const clientKey = xor(proof, hmac(storedKey, authMessage))
    if (!timingSafeEqual(sha256(clientKey), storedKey)) throw new ScramRefusal('wrong', 'wrong password')
    return `v=${hmac(serverKey, authMessage).toString('base64')}`
  }

  #checkFlag(mechanism: string, flag: string): void {
    if (flag === '') throw malformed('the first SCRAM message is malformed, or asks for another identity')
    if (mechanism === SCRAM_PLUS) {
      if (flag !== 'p=tls-server-end-point') throw malformed('the client asks for an unknown SCRAM channel binding')
      return
    }
    if (flag.startsWith('p=')) throw malformed('the client selected SCRAM-SHA-256 without channel binding, but uses it')
    if (flag === 'y' && this.#endPoint) {
      // Somebody between us has taken -PLUS off the list (RFC 5802 section 6).
      throw malformed('the client supports SCRAM channel binding but thinks that the server does not, which it does')
    }
  }

  #expectedBinding(): string {
    const data = this.#header.startsWith('p=') && this.#endPoint ? this.#endPoint : Buffer.alloc(0)
    return Buffer.concat([Buffer.from(this.#header, 'utf8'), data]).toString('base64')
  }
}

function malformed(message: string): ScramRefusal {
  return new ScramRefusal('malformed', message)
}
