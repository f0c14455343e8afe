// Rules that can never give a vote, because an earlier rule of the same policy matches everything that they match.
import type { Match, ObjectMatch, Rule } from '#crds/types.gen.ts'

/** The first rule before `index` that hides the rule there. Errs towards "reachable": it is only a warning. */
export function firstThatHides(rules: readonly Rule[], index: number): Rule | undefined {
  const rule = rules[index]
  return rule === undefined ? undefined : rules.slice(0, index).find((earlier) => hides(earlier, rule))
}

function hides(earlier: Rule, later: Rule): boolean {
  // Only what always applies hides: not a rule that is skipped (Audit), nor one that waits for a time or a fact.
  if (earlier.mode === 'Audit' || earlier.match.condition !== undefined || earlier.match.during !== undefined)
    return false
  // A rule that names neither verbs nor kinds opens no code that nobody reviewed; a later one that names it does.
  if (earlier.action !== 'Deny' && later.action !== 'Deny' && !names(earlier) && names(later)) return false
  return (
    within(later.match.verbs, earlier.match.verbs) &&
    within(later.match.effects, earlier.match.effects) &&
    objectsWithin(later, earlier)
  )
}

function names({ match }: Rule): boolean {
  return match.verbs !== undefined || match.objects !== undefined
}

function within(narrow: readonly string[] | undefined, wide: readonly string[] | undefined): boolean {
  if (wide === undefined) return true
  return narrow?.every((item) => wide.includes(item)) ?? false
}

function objectsWithin(later: Rule, earlier: Rule): boolean {
  const wide = earlier.match.objects
  if (wide === undefined) return true
  // Deny also matches what stands on the named objects (a view over a table); the other actions do not.
  if (later.action === 'Deny' && earlier.action !== 'Deny') return false
  return later.match.objects?.every((object) => objectWithin(object, wide)) ?? false
}

/** Every object that the narrow one means is meant by one of the wide ones. */
export function objectWithin({ kind, names }: ObjectMatch, wide: NonNullable<Match['objects']>): boolean {
  const sameKind = wide.filter((object) => object.kind === kind)
  if (sameKind.some((object) => object.names === undefined)) return true
  const patterns = sameKind.flatMap((object) => object.names ?? [])
  return names?.every((name) => patterns.some((pattern) => patternWithin(name, pattern))) ?? false
}

/** Segment by segment: equal, or the wide one is a bare `*`, or it is a pattern that the literal narrow one fits. */
function patternWithin(narrow: string, wide: string): boolean {
  if (narrow === wide) return true
  const [few, many] = [narrow.split('.'), wide.split('.')]
  return few.length === many.length && few.every((segment, index) => segmentWithin(segment, many[index] ?? ''))
}

function segmentWithin(narrow: string, wide: string): boolean {
  if (wide === '*' || narrow === wide) return true
  const [head = '', ...rest] = wide.split('*')
  const tail = rest.at(-1)
  // More than one `*`, or `*` on both sides, is left undecided.
  if (rest.length !== 1 || tail === undefined || narrow.includes('*')) return false
  return narrow.length >= head.length + tail.length && narrow.startsWith(head) && narrow.endsWith(tail)
}
