// What is doubted of loaded resources, as findings in the order of the files.
import { type Finding, fieldOf } from '#crds/finding.ts'
import type { Loaded } from '#crds/load.ts'
import type { Resource } from '#crds/resource.ts'
import type { Doubt } from '#sidecar/check/fault.ts'
import { byText } from '../by-text.ts'

export function findingsOf(doubts: readonly Doubt[], loaded: Iterable<Loaded>): readonly Finding[] {
  const places = new Map<Resource, Loaded>([...loaded].map((one) => [one.resource, one]))
  return doubts.flatMap(({ about, severity, path, message, allowed }) => {
    const place = places.get(about)
    if (place === undefined) return []
    const { line, column } = place.position(path)
    const finding: Finding = { severity, file: place.origin.file, line, column, field: fieldOf(path), message }
    return [allowed === undefined ? finding : { ...finding, allowed }]
  })
}

export function inOrder(findings: readonly Finding[]): readonly Finding[] {
  return [...findings].sort(
    (a, b) => byText(a.file, b.file) || a.line - b.line || a.column - b.column || byText(a.field, b.field),
  )
}
