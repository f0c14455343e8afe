// SCRAM-SHA-256 and SCRAM-SHA-256-PLUS (RFC 5802, RFC 7677), the client's side. Sans I/O; nothing but the key derivation waits.
import { randomBytes, timingSafeEqual } from 'node:crypto'
import { decodeBase64, inOrder, isPrintable } from './attributes.ts'
import { hmac, type ScramKeyCache, xor } from './keys.ts'

/**
 * Channel binding as the first message declares it (gs2-cbind-flag):
 * `bound` p: used; `notOffered` y: we could, the server did not offer it, so a server that did will notice the tampering; `none` n: we cannot.
 */
export type Binding = { readonly kind: 'bound'; readonly data: Buffer } | { readonly kind: 'notOffered' | 'none' }

export interface ScramLimits {
  readonly fewestIterations: number
  readonly mostIterations: number
}

export class ScramError extends Error {
  override readonly name = 'ScramError'
}

export class ScramClient {
  readonly #nonce: string
  readonly #header: string
  readonly #bindingData: Buffer
  #expectedSignature: Buffer | undefined

  constructor(binding: Binding, nonce = randomBytes(18).toString('base64')) {
    this.#nonce = nonce
    this.#header = { bound: 'p=tls-server-end-point,,', notOffered: 'y,,', none: 'n,,' }[binding.kind]
    this.#bindingData = binding.kind === 'bound' ? binding.data : Buffer.alloc(0)
  }

  /** The server takes the user from the StartupMessage and ignores the name here, as libpq leaves it empty. */
  first(): string {
    return `${this.#header}${this.#firstBare}`
  }

  async final(serverFirst: string, password: string, keyCache: ScramKeyCache, limits: ScramLimits): Promise<string> {
    const { nonce, salt, iterations } = this.#readServerFirst(serverFirst, limits)
    const keys = await keyCache.keys(password, salt, iterations)
    const binding = Buffer.concat([Buffer.from(this.#header, 'utf8'), this.#bindingData]).toString('base64')
    const withoutProof = `c=${binding},r=${nonce}`
    const authMessage = `${this.#firstBare},${serverFirst},${withoutProof}`
    this.#expectedSignature = hmac(keys.serverKey, authMessage)
    return `${withoutProof},p=${xor(keys.clientKey, hmac(keys.storedKey, authMessage)).toString('base64')}`
  }

  /** The server proves that it knows the password too; without this, anybody could have said "ok". */
  verify(serverFinal: string): void {
    const [signature] = inOrder(serverFinal, 'v') ?? []
    const bytes = signature === undefined ? undefined : decodeBase64(signature)
    const expected = this.#expectedSignature
    if (!bytes || !expected || bytes.length !== expected.length || !timingSafeEqual(bytes, expected)) {
      throw new ScramError('the server did not prove that it knows the password')
    }
  }

  get #firstBare(): string {
    return `n=,r=${this.#nonce}`
  }

  #readServerFirst(text: string, limits: ScramLimits): { nonce: string; salt: Buffer; iterations: number } {
    // A leading `m=` is a mandatory extension: unknown, so it fails here (RFC 5802 section 5.1).
    const [nonce = '', saltText = '', count = ''] = inOrder(text, 'rsi') ?? []
    const salt = decodeBase64(saltText)
    if (!nonce.startsWith(this.#nonce) || nonce.length === this.#nonce.length || !isPrintable(nonce)) {
      throw new ScramError("the server's SCRAM nonce does not continue ours")
    }
    if (!salt || salt.length === 0) throw new ScramError("the server's SCRAM salt is malformed")
    const iterations = /^[1-9][0-9]{0,8}$/.test(count) ? Number(count) : 0
    if (iterations < limits.fewestIterations || iterations > limits.mostIterations) {
      throw new ScramError(
        `the server asks for ${iterations} SCRAM iterations; allowed are ${limits.fewestIterations} to ${limits.mostIterations}`,
      )
    }
    return { nonce, salt, iterations }
  }
}
