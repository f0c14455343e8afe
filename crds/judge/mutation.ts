// One change to an example resource, as a line of testdata/verdicts.txt:
//   refused  AccessPolicy spec.rules[0].action "Nope"
import type { Path } from '../finding.ts'
import { fieldOf } from '../finding.ts'

export interface Mutation {
  readonly kind: string
  readonly path: Path
  /** Undefined: the field is taken away. */
  readonly value: unknown
}

export function lineOf({ kind, path, value }: Mutation, accepted: boolean): string {
  return `${accepted ? 'accepted' : 'refused '} ${kind} ${fieldOf(path)} ${value === undefined ? '(absent)' : JSON.stringify(value)}`
}

export function mutationOf(line: string): { readonly mutation: Mutation; readonly accepted: boolean } {
  const [, verdict, kind, field, value] = /^(accepted|refused) +(\S+) (\S+) (.*)$/.exec(line) ?? []
  if (verdict === undefined || kind === undefined || field === undefined || value === undefined) {
    throw new Error(`not a line of verdicts: ${line}`)
  }
  const mutation = {
    kind,
    path: pathOf(field),
    value: value === '(absent)' ? undefined : (JSON.parse(value) as unknown),
  }
  return { mutation, accepted: verdict === 'accepted' }
}

/** The example with the change; undefined if the example has nothing where the change would go. */
export function mutated(example: unknown, { path, value }: Mutation): unknown {
  const document: unknown = structuredClone(example)
  const last = path.at(-1)
  const parent = path.slice(0, -1).reduce<unknown>((at, step) => Object(at)[step] as unknown, document)
  if (typeof parent !== 'object' || parent === null || last === undefined) return undefined
  if (value !== undefined) Reflect.set(parent, last, value)
  else if (Array.isArray(parent)) parent.splice(Number(last), 1)
  else Reflect.deleteProperty(parent, last)
  return document
}

function pathOf(field: string): Path {
  return [...field.matchAll(/[^.[\]]+|\[\d+\]/g)].map(([step]) =>
    step.startsWith('[') ? Number(step.slice(1, -1)) : step,
  )
}
