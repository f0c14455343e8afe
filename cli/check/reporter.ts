// Collects findings about loaded resources and puts them in the order of the files.
import { type Finding, fieldOf, type Path } from '#crds/finding.ts'
import type { Loaded } from '#crds/load.ts'

export class Reporter {
  readonly findings: Finding[] = []
  readonly #wrong = new Set<Loaded>()

  /** What would leave the resource, or what it says, not in force. */
  error(about: Loaded, path: Path, message: string, allowed?: string): void {
    this.#wrong.add(about)
    this.#add('error', about, path, message, allowed)
  }

  /** What is valid and probably not meant. */
  warning(about: Loaded, path: Path, message: string, allowed?: string): void {
    this.#add('warning', about, path, message, allowed)
  }

  hasErrors(about: Loaded): boolean {
    return this.#wrong.has(about)
  }

  #add(severity: Finding['severity'], about: Loaded, path: Path, message: string, allowed?: string): void {
    const { line, column } = about.position(path)
    const finding: Finding = { severity, file: about.origin.file, line, column, field: fieldOf(path), message }
    this.findings.push(allowed === undefined ? finding : { ...finding, allowed })
  }
}

export function inOrder(findings: readonly Finding[]): readonly Finding[] {
  return [...findings].sort(
    (a, b) => compare(a.file, b.file) || a.line - b.line || a.column - b.column || compare(a.field, b.field),
  )
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** `namespace/name`, as people and policies write it. */
export function nameOf({ resource }: Loaded): string {
  const { namespace, name } = resource.metadata
  return namespace === undefined ? name : `${namespace}/${name}`
}

/** `a, b, c`, or what to say when there is nothing to choose from. */
export function choices(names: Iterable<string>, none: string): string {
  const sorted = [...new Set(names)].sort()
  if (sorted.length === 0) return none
  return sorted.length > 20 ? `${sorted.slice(0, 20).join(', ')} …` : sorted.join(', ')
}
