// Columns that masks name and the database does not have: most likely misspelt, and then nothing is protected there.
import type { Mask } from '#sidecar/masking/mask.ts'
import { parseColumnPattern } from '#sidecar/masking/patterns.ts'
import type { Catalog } from '#sidecar/protocols/postgres/catalog/model.ts'

export function idleMasks(masks: readonly Mask[], catalog: Catalog, database: string): string[] {
  const columns = [...catalog.userRelations()].flatMap((relation) =>
    relation.columns.map(({ name }): readonly [string, string, string] => [relation.schema, relation.name, name]),
  )
  return masks.flatMap(({ name, policy, columns: patterns }) =>
    patterns.flatMap((text) => {
      const pattern = parseColumnPattern(text)
      if (pattern === undefined || columns.some((column) => pattern.matches(...column))) return []
      const near = nearest(
        text,
        columns.map((column) => column.join('.')),
      )
      const advice = near === undefined ? '' : `; did you mean ${near}?`
      return [
        `mask ${name} of policy ${policy}: database ${database} has no column ${text}, so it protects nothing there${advice}`,
      ]
    }),
  )
}

/** Further off it is another name, not a slip. */
const FARTHEST = 3

function nearest(text: string, names: readonly string[]): string | undefined {
  let best: string | undefined
  let least = FARTHEST + 1
  for (const name of names) {
    if (Math.abs(name.length - text.length) >= least) continue
    const far = distance(text, name)
    if (far < least) [best, least] = [name, far]
  }
  return best
}

/** Levenshtein's: how many letters have to be put in, taken out or changed. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1]
    for (let j = 0; j < b.length; j++) {
      const changed = (row[j] ?? 0) + (letter === b[j] ? 0 : 1)
      next.push(Math.min(changed, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
