// What others wrote, on a terminal or in a line of JSON: whoever reads it must not be commanded by it, nor shown another text than
// there is.

/** Control characters (escape sequences among them), direction overrides and whatever else is not seen become visible. */
export function printable(text: string): string {
  return text.replaceAll('\t', '  ').replace(UNSEEN, escaped)
}

/** The same as JSON, which means the same. */
export function printableJson(value: unknown, indent?: number): string {
  return jsonMadePrintable(JSON.stringify(value, undefined, indent))
}

/** Of JSON as text; lines stay lines. */
export function jsonMadePrintable(json: string): string {
  return json.replace(UNSEEN, (character) => (character === '\n' ? character : escaped(character)))
}

const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

function escaped(character: string): string {
  return character
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('')
}
