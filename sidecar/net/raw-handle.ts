// What lies under node's sockets: libuv's handle, as node's own net.Socket uses it (lib/internal/stream_base_commons.js and
// src/stream_base.cc of Node 24). It is not a public interface, so everything is looked at before it is used, and
// whatever is missing means that streams are used instead.
import { Socket } from 'node:net'

export interface RawHandle {
  reading: boolean
  /** Called with `transfer.read` bytes, or an error below zero (end of file is one). A Buffer returned takes the next bytes. */
  onread: (this: RawHandle, unused: undefined) => Buffer | undefined
  readStart(): number
  readStop(): number
  /** Reads go there from now on. Once only: each call adds a listener to the handle. */
  useUserBuffer(buffer: Buffer): void
  /** Below zero: an error. Else `transfer.pending` says whether the kernel has taken all of it. */
  writeBuffer(request: WriteRequest, bytes: Buffer): number
  writev(request: WriteRequest, parts: readonly Buffer[], allBuffers: true): number
}

/** One that was not pending may be used again. */
export interface WriteRequest {
  oncomplete?: (status: number) => void
  /** Kept alive while libuv writes it. */
  buffer?: unknown
}

export interface Transfer {
  newRequest(): WriteRequest
  /** Of the read that `onread` is called for. */
  readonly read: number
  /** Of the last write. */
  readonly pending: boolean
}

export interface RawSocket {
  readonly handle: RawHandle
  readonly transfer: Transfer
}

/** Undefined: only the stream may be used. */
export function rawSocketOf(socket: Socket): RawSocket | undefined {
  // A TLSSocket's handle takes plain text, but it encrypts into buffers of its own: nothing is won there.
  if (transfer === undefined || socket.constructor !== Socket || socket.destroyed) return undefined
  const handle: unknown = Reflect.get(socket, '_handle')
  return isRawHandle(handle) ? { handle, transfer } : undefined
}

const METHODS = ['onread', 'readStart', 'readStop', 'useUserBuffer', 'writeBuffer', 'writev'] as const

function isRawHandle(value: unknown): value is RawHandle {
  return isObject(value) && METHODS.every((name) => typeof Reflect.get(value, name) === 'function')
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function findTransfer(): Transfer | undefined {
  const bindingOf: unknown = Reflect.get(process, 'binding')
  if (typeof bindingOf !== 'function') return undefined
  try {
    const binding: unknown = bindingOf.call(process, 'stream_wrap')
    if (!isObject(binding)) return undefined
    const Request: unknown = Reflect.get(binding, 'WriteWrap')
    const state: unknown = Reflect.get(binding, 'streamBaseState')
    const read: unknown = Reflect.get(binding, 'kReadBytesOrError')
    const pending: unknown = Reflect.get(binding, 'kLastWriteWasAsync')
    if (typeof Request !== 'function' || !(state instanceof Int32Array)) return undefined
    if (typeof read !== 'number' || typeof pending !== 'number') return undefined
    return new StreamBase(() => Reflect.construct(Request, []), state, read, pending)
  } catch {
    return undefined
  }
}

class StreamBase implements Transfer {
  readonly newRequest: () => WriteRequest
  readonly #state: Int32Array
  readonly #read: number
  readonly #pending: number

  constructor(newRequest: () => WriteRequest, state: Int32Array, read: number, pending: number) {
    this.newRequest = newRequest
    this.#state = state
    this.#read = read
    this.#pending = pending
  }

  get read(): number {
    return this.#state[this.#read] ?? 0
  }

  get pending(): boolean {
    return this.#state[this.#pending] !== 0
  }
}

/** Undefined: this node has something else inside. */
const transfer = findTransfer()
