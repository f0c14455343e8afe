// What is wrong with a resource, and where.

/** A fault in one document, before it is known where the document stands. */
export interface Fault {
  /** From the root of the document: `['spec', 'rules', 0, 'match']`. For an unknown field, with its name at the end. */
  readonly path: Path
  readonly message: string
  /** What would be right, in words or as a list of values. */
  readonly allowed?: string
}

export type Path = readonly (string | number)[]

export interface Finding {
  /** `error`: the resource is refused, or what it says is not in force. `warning`: suspicious, but valid. */
  readonly severity: 'error' | 'warning'
  readonly file: string
  /** From 1. */
  readonly line: number
  readonly column: number
  /** In the API server's spelling: `spec.rules[0].match.verbs`. Empty where the fault is about the whole file. */
  readonly field: string
  readonly message: string
  readonly allowed?: string
}

/** `['spec', 'rules', 0]` → `spec.rules[0]`; keys that are not plain words are quoted as the API server does: `data[ca.crt]`. */
export function fieldOf(path: Path): string {
  return path.reduce<string>((field, step) => {
    if (typeof step === 'number') return `${field}[${step}]`
    if (!/^[A-Za-z_][A-Za-z0-9_-]*$/.test(step)) return `${field}[${step}]`
    return field === '' ? step : `${field}.${step}`
  }, '')
}
