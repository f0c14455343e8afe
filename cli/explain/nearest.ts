// The name that was probably meant.

/** Further off it is another name, not a slip. */
const FARTHEST = 3

/** A name that differs in upper and lower case and quotes alone is nearer than any other. */
export function nearest(text: string, names: readonly string[]): string | undefined {
  const plain = folded(text)
  const same = names.find((name) => folded(name) === plain)
  if (same !== undefined) return same
  let best: string | undefined
  let least = FARTHEST + 1
  for (const name of names) {
    if (Math.abs(name.length - text.length) >= least) continue
    const far = distance(text, name)
    if (far < least) [best, least] = [name, far]
  }
  return best
}

/** To be put behind what is missing. */
export function didYouMean(text: string, names: readonly string[]): string {
  const near = nearest(text, names)
  return near === undefined ? '' : `; did you mean ${near}?`
}

function folded(name: string): string {
  return name.replaceAll('"', '').toLowerCase()
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
