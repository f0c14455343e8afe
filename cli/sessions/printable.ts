// Recorded text on a terminal: whoever reads a recording must not be commanded by it, nor shown another text than there is.

/** Control characters (escape sequences among them), direction overrides and whatever else is not seen become visible. */
export function printable(text: string): string {
  return text.replaceAll('\t', '  ').replace(UNSEEN, escaped)
}

/** The same as JSON, which means the same. */
export function printableJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, undefined, indent).replace(UNSEEN, (character) =>
    character === '\n' ? character : escaped(character),
  )
}

const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

function escaped(character: string): string {
  return character
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('')
}

/** Runs of readable text in bytes that no decoder knows. */
export function readable(bytes: Buffer): string {
  const runs = bytes.toString('utf8').match(/[^\p{Cc}\p{Cn}\ufffd]{3,}/gu) ?? []
  return runs.join(' · ')
}
