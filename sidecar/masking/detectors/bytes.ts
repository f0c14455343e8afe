// Classes of bytes that detectors share.

export function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39
}

export function isLetter(byte: number | undefined): boolean {
  if (byte === undefined) return false
  const lower = byte | 0x20
  return lower >= 0x61 && lower <= 0x7a
}

export function isUpper(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x41 && byte <= 0x5a
}

export function isAlphanumeric(byte: number | undefined): boolean {
  return isDigit(byte) || isLetter(byte)
}

/** RFC 4648 §5. */
export function isBase64Url(byte: number | undefined): boolean {
  return isAlphanumeric(byte) || byte === 0x2d || byte === 0x5f
}

export function matchesAt(bytes: Buffer, at: number, end: number, text: string): boolean {
  if (at < 0 || at + text.length > end) return false
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text.charCodeAt(i)) return false
  return true
}
