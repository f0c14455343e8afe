// Columns that masks name and the database does not have: most likely misspelt, and then nothing is protected there.
import type { Mask } from '#sidecar/masking/mask.ts'
import { parseColumnPattern } from '#sidecar/masking/patterns.ts'
import type { Catalog } from '#sidecar/protocols/postgres/catalog/model.ts'
import { didYouMean } from './nearest.ts'

export function idleMasks(masks: readonly Mask[], catalog: Catalog): string[] {
  const columns = [...catalog.userRelations()].flatMap((relation) =>
    relation.columns.map(({ name }): readonly [string, string, string] => [relation.schema, relation.name, name]),
  )
  const names = columns.map((column) => column.join('.'))
  return masks.flatMap(({ name, policy, columns: patterns }) =>
    patterns.flatMap((text) => {
      const pattern = parseColumnPattern(text)
      if (pattern === undefined || columns.some((column) => pattern.matches(...column))) return []
      const missing = `database ${catalog.database} has no column ${text}, so it protects nothing there`
      return [`mask ${name} of policy ${policy}: ${missing}${didYouMean(text, names)}`]
    }),
  )
}
