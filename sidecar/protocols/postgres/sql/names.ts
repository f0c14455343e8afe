// Names as text: what `'Public."Orders"'::regclass` means (src/backend/utils/adt/regproc.c, stringToQualifiedNameList).

/**
 * The parts of a dotted, possibly quoted name, folded as the server folds them; undefined if it is none: digits are an
 * oid (parseNumericOid in the same file), and longer names the server cuts.
 */
export function splitName(text: string): readonly string[] | undefined {
  const parts: string[] = []
  let rest = text.trim()
  if (/^[0-9]+$/.test(rest)) return undefined
  for (;;) {
    const quoted = /^"((?:[^"]|"")+)"/.exec(rest)
    const bare = quoted === null ? /^[^\s."]+/.exec(rest) : null
    const found = quoted ?? bare
    if (found === null) return undefined
    parts.push(quoted === null ? fold(found[0]) : (quoted[1] ?? '').replaceAll('""', '"'))
    rest = rest.slice(found[0].length).trimStart()
    if (rest === '') return parts.every(isUncut) ? parts : undefined
    if (!rest.startsWith('.')) return undefined
    rest = rest.slice(1).trimStart()
  }
}

/** The server cuts what is longer: NAMEDATALEN - 1 bytes (src/include/pg_config_manual.h). */
export function isUncut(name: string): boolean {
  return Buffer.byteLength(name) <= 63
}

// Only ASCII letters are folded under UTF-8.
export function fold(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
}
