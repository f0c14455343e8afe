// Journal buffers, reused: sizes are powers of two, so that a busy session's buffer fits the next busy session.

const SMALLEST = 2 * 1024
/** What is kept for reuse; more is left to the garbage collector. */
const MAX_KEPT = 4 * 1024 * 1024

export class Buffers {
  readonly #free = new Map<number, Buffer[]>()
  #kept = 0

  take(atLeast: number): Buffer {
    let size = SMALLEST
    while (size < atLeast) size *= 2
    const free = this.#free.get(size)?.pop()
    if (free === undefined) return Buffer.allocUnsafeSlow(size)
    this.#kept -= size
    return free
  }

  /** The caller keeps no reference. */
  give(buffer: Buffer): void {
    const size = buffer.length
    // A file's first batch is no journal's buffer and has a size of its own.
    if (this.#kept + size > MAX_KEPT || size < SMALLEST || (size & (size - 1)) !== 0) return
    this.#kept += size
    const free = this.#free.get(size)
    if (free === undefined) this.#free.set(size, [buffer])
    else free.push(buffer)
  }
}
