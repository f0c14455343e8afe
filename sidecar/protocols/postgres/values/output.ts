// Bytes on their way to the agent: grows by doubling, is handed over once.

export class Output {
  bytes: Buffer
  length = 0

  constructor(size: number) {
    this.bytes = Buffer.allocUnsafeSlow(Math.max(size, 64))
  }

  append(source: Buffer, start: number, end: number): void {
    const size = end - start
    this.reserve(size)
    if (size > 48) source.copy(this.bytes, this.length, start, end)
    else for (let i = start, j = this.length; i < end; i++, j++) this.bytes[j] = source[i] ?? 0
    this.length += size
  }

  byte(value: number): void {
    this.reserve(1)
    this.bytes[this.length] = value
    this.length += 1
  }

  int32(value: number): void {
    this.reserve(4)
    this.bytes.writeInt32BE(value, this.length)
    this.length += 4
  }

  /** Room for `size` more bytes. */
  reserve(size: number): void {
    if (this.length + size <= this.bytes.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(this.length + size, this.bytes.length * 2))
    this.bytes.copy(larger, 0, 0, this.length)
    this.bytes = larger
  }
}
