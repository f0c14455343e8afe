// Digits in groups: `4111 1111 1111 1111`, `123-45-6789`, `(212) 555-0123`. Cards, social security numbers and phones
// are all read from this one reading of the bytes.
/** Nothing that is looked for has more groups, nor more digits in all. */
const MOST_GROUPS = 8
const MOST_DIGITS = 20

/** 1 for the bytes that may part groups: space, hyphen, dot, slash and closing parenthesis. */
export const SEPARATORS = new Uint8Array(256)
for (const byte of Buffer.from(' -./)')) SEPARATORS[byte] = 1

export class Groups {
  readonly starts = new Int32Array(MOST_GROUPS)
  readonly ends = new Int32Array(MOST_GROUPS)
  /** The byte after group i, if another group follows; 0x29 for `)` with or without a space. */
  readonly separators = new Int32Array(MOST_GROUPS)
  count = 0

  /** End of the last group. */
  get last(): number {
    return this.ends[this.count - 1] ?? 0
  }

  /** A run of digits that stands alone. */
  one(start: number, end: number): void {
    this.starts[0] = start
    this.ends[0] = end
    this.count = 1
  }

  /** Reads groups from the digit at `at` on; single separators may part them, and a space may follow `)`. */
  read(bytes: Buffer, at: number, end: number): void {
    let next = at
    let digits = 0
    let count = 0
    while (count < MOST_GROUPS && digits <= MOST_DIGITS) {
      const start = next
      while (next < end && isDigitByte(bytes[next] as number)) next += 1
      this.starts[count] = start
      this.ends[count] = next
      digits += next - start
      count += 1
      if (next + 1 >= end) break
      const separator = bytes[next] as number
      if (SEPARATORS[separator] !== 1) break
      let following = next + 1
      if (separator === 0x29 && bytes[following] === 0x20) following += 1
      if (following >= end || !isDigitByte(bytes[following] as number)) break
      this.separators[count - 1] = separator
      next = following
    }
    this.count = count
  }

  length(group: number): number {
    return (this.ends[group] ?? 0) - (this.starts[group] ?? 0)
  }

  /** True if the first three groups have just these lengths. */
  are(first: number, second: number, third: number): boolean {
    return this.count >= 3 && this.length(0) === first && this.length(1) === second && this.length(2) === third
  }

  /** The same one of `allowed` between all of the first `count` groups? */
  sameSeparators(count: number, allowed: readonly number[]): boolean {
    const first = this.separators[0] ?? 0
    if (!allowed.includes(first)) return false
    for (let i = 1; i < count - 1; i++) if (this.separators[i] !== first) return false
    return true
  }
}

function isDigitByte(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39
}
