// DER (ITU-T X.690), writing only, as much as certificates and their stores need. Node makes keys and signatures but no certificates, and the
// libraries that do bring a dependency-injection container that patches `Reflect` on import, or their own cryptography.

export function sequence(...items: readonly Buffer[]): Buffer {
  return tagged(0x30, ...items)
}

export function set(...items: readonly Buffer[]): Buffer {
  return tagged(0x31, ...items)
}

/** Big-endian and not negative: a leading one bit gets a zero byte in front (X.690 section 8.3). */
export function integer(magnitude: Buffer): Buffer {
  let from = 0
  while (from < magnitude.length - 1 && magnitude[from] === 0) from++
  const digits = magnitude.subarray(from)
  return tagged(0x02, (digits[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.from([0]), digits]) : digits)
}

export function boolean(value: boolean): Buffer {
  return tagged(0x01, Buffer.from([value ? 0xff : 0x00]))
}

export function octets(bytes: Buffer): Buffer {
  return tagged(0x04, bytes)
}

/** `unused` counts the bits of the last byte that mean nothing. */
export function bits(bytes: Buffer, unused = 0): Buffer {
  return tagged(0x03, Buffer.from([unused]), bytes)
}

export function utf8(text: string): Buffer {
  return tagged(0x0c, Buffer.from(text, 'utf8'))
}

/** BMPString: UTF-16, big-endian. */
export function bmp(text: string): Buffer {
  return tagged(0x1e, Buffer.from(text, 'utf16le').swap16())
}

/** NULL. */
export function nothing(): Buffer {
  return tagged(0x05)
}

/** Dotted notation; the first two arcs share a byte, every other is base 128 (X.690 section 8.19). */
export function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...others] = dotted.split('.').map(Number)
  return tagged(0x06, Buffer.from([first * 40 + second, ...others.flatMap(base128)]))
}

/** UTCTime up to 2049, GeneralizedTime from then on (RFC 5280 section 4.1.2.5). */
export function time(date: Date): Buffer {
  const digits = `${date.toISOString().replaceAll(/[-:T]|\.\d+/g, '')}`
  return date.getUTCFullYear() < 2050
    ? tagged(0x17, Buffer.from(digits.slice(2), 'latin1'))
    : tagged(0x18, Buffer.from(digits, 'latin1'))
}

/** Context-specific and constructed: `[n] EXPLICIT`. */
export function explicit(number: number, ...items: readonly Buffer[]): Buffer {
  return tagged(0xa0 | number, ...items)
}

/** Context-specific and primitive: `[n] IMPLICIT` of a string type. */
export function implicit(number: number, bytes: Buffer): Buffer {
  return tagged(0x80 | number, bytes)
}

function tagged(tag: number, ...content: readonly Buffer[]): Buffer {
  const body = Buffer.concat(content)
  return Buffer.concat([Buffer.from([tag, ...lengthOf(body.length)]), body])
}

function lengthOf(length: number): readonly number[] {
  if (length < 0x80) return [length]
  const digits: number[] = []
  for (let left = length; left > 0; left = Math.floor(left / 256)) digits.unshift(left % 256)
  return [0x80 | digits.length, ...digits]
}

function base128(arc: number): readonly number[] {
  const digits = [arc % 128]
  for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) digits.unshift((left % 128) | 0x80)
  return digits
}
