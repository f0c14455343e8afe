// Names as objects, functions and recordings tell them: `schema.name` in catalog spelling, without quotes.

/** Schema and name. A schema's own name has no dot in it; where it has one, nothing of that name is found, which counts as unknown. */
export function apart(qualified: string): readonly [schema: string, name: string] {
  const dot = qualified.indexOf('.')
  return [qualified.slice(0, dot), qualified.slice(dot + 1)]
}
