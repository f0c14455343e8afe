// A buffer that grows and is used again for every value, so that masking a cell allocates nothing.

export class Scratch {
  bytes: Buffer

  constructor(size = 4096) {
    this.bytes = Buffer.allocUnsafeSlow(size)
  }

  /** Makes room for `size` bytes. What was written before survives. */
  reserve(size: number): Buffer {
    if (size > this.bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(size, this.bytes.length * 2))
      this.bytes.copy(larger)
      this.bytes = larger
    }
    return this.bytes
  }

  /** Gives memory back after one huge value. */
  trim(limit = 1 << 20): void {
    if (this.bytes.length > limit) this.bytes = Buffer.allocUnsafeSlow(4096)
  }
}
