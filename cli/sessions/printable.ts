// Recorded text on a terminal: whoever reads a recording must not be commanded by it.

/** Control characters (escape sequences among them) and direction overrides become visible. */
export function printable(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu, (character) => {
    if (character === '\t') return '  '
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}

/** Runs of readable text in bytes that no decoder knows. */
export function readable(bytes: Buffer): string {
  const runs = bytes.toString('utf8').match(/[^\p{Cc}\p{Cn}\ufffd]{3,}/gu) ?? []
  return runs.join(' · ')
}
