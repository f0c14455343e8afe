// Column patterns: `schema.table.column` in catalog spelling, `*` for any run of characters inside one segment.
//
// A segment never spans a dot, so a name that itself has a dot is reached only through `*`. Matching walks the pieces
// between the asterisks from left to right, each at its first occurrence: no backtracking, so no pattern is slow.

export interface ColumnPattern {
  readonly text: string
  matches(schema: string, table: string, column: string): boolean
}

/** undefined unless there are exactly three segments, none empty. */
export function parseColumnPattern(text: string): ColumnPattern | undefined {
  const segments = text.split('.')
  if (segments.length !== 3 || segments.includes('')) return undefined
  const [schema, table, column] = segments.map(segmentMatcher)
  if (schema === undefined || table === undefined || column === undefined) return undefined
  return { text, matches: (inSchema, inTable, inColumn) => schema(inSchema) && table(inTable) && column(inColumn) }
}

export function segmentMatcher(segment: string): (name: string) => boolean {
  const pieces = segment.split('*')
  const first = pieces[0] ?? ''
  if (pieces.length === 1) return (name) => name === first
  const last = pieces[pieces.length - 1] ?? ''
  const middle = pieces.slice(1, -1).filter((piece) => piece !== '')
  return (name) => {
    if (name.length < first.length + last.length || !name.startsWith(first) || !name.endsWith(last)) return false
    const end = name.length - last.length
    let at = first.length
    for (const piece of middle) {
      const found = name.indexOf(piece, at)
      if (found < 0 || found + piece.length > end) return false
      at = found + piece.length
    }
    return true
  }
}
