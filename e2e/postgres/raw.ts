// A tiny client that keeps every byte: it logs in, sends what it is told to, however wrong, and splits what comes back.
// (PostgreSQL documentation, "Frontend/Backend Protocol".) It shares no code with the gateway.
import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'

export interface Message {
  readonly type: string
  readonly body: Buffer
}

export interface RawOptions {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly database: string
  readonly password?: string
  readonly parameters?: Readonly<Record<string, string>>
}

export class RawConnection {
  readonly socket: Socket
  /** Every byte received, in order; `take` empties it. */
  #received: Buffer[] = []
  #pending: Buffer = Buffer.alloc(0)
  #messages: Message[] = []
  #wake: (() => void) | undefined
  #closed = false

  constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (chunk: Buffer) => {
      this.#received.push(chunk)
      this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk])
      this.#split()
      this.#wake?.()
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      this.#closed = true
      this.#wake?.()
    })
  }

  get closed(): boolean {
    return this.#closed
  }

  send(...parts: readonly Uint8Array[]): void {
    this.socket.write(Buffer.concat(parts))
  }

  /** The bytes received since the last call. */
  take(): Buffer {
    const all = Buffer.concat(this.#received)
    this.#received = []
    return all
  }

  /** The next message, or undefined once the peer has closed. */
  async next(milliseconds = 60_000): Promise<Message | undefined> {
    const deadline = Date.now() + milliseconds
    while (this.#messages.length === 0 && !this.#closed) {
      const left = deadline - Date.now()
      if (left <= 0) throw new Error(`no message within ${milliseconds} ms`)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left)
        this.#wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
    return this.#messages.shift()
  }

  /** Messages up to and including the nth of this type, or up to the end of the connection. */
  async until(type: string, count = 1, milliseconds?: number): Promise<Message[]> {
    const found: Message[] = []
    for (let left = count; left > 0; ) {
      const message = await this.next(milliseconds)
      if (!message) return found
      found.push(message)
      if (message.type === type) left--
    }
    return found
  }

  close(): void {
    this.socket.destroy()
  }

  #split(): void {
    let at = 0
    while (this.#pending.length - at >= 5) {
      const length = this.#pending.readInt32BE(at + 1)
      if (this.#pending.length - at < length + 1) break
      const type = String.fromCharCode(this.#pending[at] ?? 0)
      this.#messages.push({ type, body: this.#pending.subarray(at + 5, at + 1 + length) })
      at += length + 1
    }
    if (at > 0) this.#pending = this.#pending.subarray(at)
  }
}

/** A socket that is connected and has said nothing yet. */
export async function openSocket(host: string, port: number): Promise<RawConnection> {
  const socket = connect({ host, port, noDelay: true })
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  return new RawConnection(socket)
}

/** A session that is logged in and ready for a query. */
export async function openSession(options: RawOptions): Promise<RawConnection> {
  const connection = await openSocket(options.host, options.port)
  connection.send(startupMessage({ user: options.user, database: options.database, ...options.parameters }))
  for (;;) {
    const message = await connection.next()
    if (!message) throw new Error('the peer closed the connection during login')
    if (message.type === 'E') throw new Error(errorFields(message.body)['M'] ?? 'login failed')
    if (message.type === 'Z') {
      connection.take()
      return connection
    }
    if (message.type === 'R') await authenticate(connection, message.body, options)
  }
}

export function startupMessage(parameters: Readonly<Record<string, string>>, protocol = 0x00030000): Buffer {
  const pairs = Object.entries(parameters).map(([name, value]) => `${name}\0${value}\0`)
  const body = Buffer.from(`${pairs.join('')}\0`)
  const head = Buffer.alloc(8)
  head.writeInt32BE(body.length + 8, 0)
  head.writeInt32BE(protocol, 4)
  return Buffer.concat([head, body])
}

/** Any typed message. */
export function message(type: string, ...body: readonly (Uint8Array | string)[]): Buffer {
  const bytes = Buffer.concat(body.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)))
  const head = Buffer.alloc(5)
  head.write(type, 0, 'latin1')
  head.writeInt32BE(bytes.length + 4, 1)
  return Buffer.concat([head, bytes])
}

/** ErrorResponse and NoticeResponse: field code → text. */
export function errorFields(body: Buffer): Readonly<Record<string, string>> {
  const parts = body.toString('utf8').split('\0')
  return Object.fromEntries(parts.filter((part) => part !== '').map((part) => [part[0] ?? '', part.slice(1)]))
}

async function authenticate(connection: RawConnection, body: Buffer, options: RawOptions): Promise<void> {
  const kind = body.readInt32BE(0)
  if (kind === 0 || kind === 12) return // AuthenticationOk, SASLFinal
  const { password } = options
  if (password === undefined) throw new Error('the peer asks for a password')
  if (kind === 3) return connection.send(message('p', `${password}\0`))
  if (kind !== 10) throw new Error(`authentication request ${kind} is not understood here`)
  await scram(connection, password)
}

/** RFC 5802 and 7677, without channel binding. */
async function scram(connection: RawConnection, password: string): Promise<void> {
  const nonce = randomBytes(18).toString('base64')
  const bare = `n=,r=${nonce}`
  const first = Buffer.from(`n,,${bare}`)
  const length = Buffer.alloc(4)
  length.writeInt32BE(first.length)
  connection.send(message('p', 'SCRAM-SHA-256\0', length, first))
  const challenge = await connection.next()
  if (challenge?.type !== 'R') throw new Error(challenge ? (errorFields(challenge.body)['M'] ?? 'refused') : 'closed')
  const server = challenge.body.toString('utf8', 4)
  const fields = Object.fromEntries(server.split(',').map((part) => [part[0], part.slice(2)]))
  const salted = pbkdf2Sync(password, Buffer.from(fields['s'] ?? '', 'base64'), Number(fields['i']), 32, 'sha256')
  const final = `c=biws,r=${fields['r']}`
  const key = createHmac('sha256', salted).update('Client Key').digest()
  const stored = createHash('sha256').update(key).digest()
  const signature = createHmac('sha256', stored).update(`${bare},${server},${final}`).digest()
  const proof = Buffer.from(key.map((byte, i) => byte ^ (signature[i] ?? 0)))
  connection.send(message('p', `${final},p=${proof.toString('base64')}`))
}
