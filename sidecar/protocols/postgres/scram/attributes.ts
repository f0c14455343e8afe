// SCRAM messages are attributes, `letter=value`, with commas between (RFC 5802 section 5.1), in a fixed order.

export interface Attribute {
  readonly letter: string
  readonly value: string
}

/** Undefined if the text is not a list of attributes. */
export function readAttributes(text: string): readonly Attribute[] | undefined {
  const attributes: Attribute[] = []
  for (const part of text.split(',')) {
    if (part.length < 2 || part[1] !== '=' || !/[A-Za-z]/.test(part[0] ?? '')) return undefined
    attributes.push({ letter: part[0] ?? '', value: part.slice(2) })
  }
  return attributes
}

/** The values of exactly these letters in this order, whatever extensions follow; undefined if they are not there. */
export function inOrder(text: string, letters: string): readonly string[] | undefined {
  const attributes = readAttributes(text)
  if (!attributes || attributes.length < letters.length) return undefined
  const values: string[] = []
  for (const [at, letter] of [...letters].entries()) {
    const attribute = attributes[at]
    if (attribute?.letter !== letter) return undefined
    values.push(attribute.value)
  }
  return values
}

/** Strict base64 with padding; undefined otherwise. */
export function decodeBase64(text: string): Buffer | undefined {
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)) return undefined
  return Buffer.from(text, 'base64')
}

/** printable = %x21-2B / %x2D-7E: what a nonce may hold. */
export function isPrintable(text: string): boolean {
  return text.length > 0 && /^[\x21-\x2b\x2d-\x7e]+$/.test(text)
}
