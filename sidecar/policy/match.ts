// Which parts of an action a rule is about, as far as the part alone tells: verbs, effects and objects. Conditions and
// windows are judged per call, by `conditions.ts` and `windows.ts`.
//
// `*` stands for any characters inside one segment and never for a dot: `public.*` is not `public.a.b`, and a pattern
// of two segments cannot match a name of three. Matching takes time linear in pattern times name, without a regular
// expression engine, because both sides can be long and the name is the agent's choice.
import type { ObjectMatch, Rule } from '#crds/types.gen.ts'
import type { ObjectRef, Part } from '#sidecar/action.ts'

export interface StaticMatch {
  /** Each of these that is absent matches everything. */
  readonly verbs?: ReadonlySet<string>
  readonly effects?: ReadonlySet<string>
  readonly objects?: readonly ObjectPattern[]
}

export interface ObjectPattern {
  readonly kind: string
  /** Absent: every object of the kind. */
  readonly names?: readonly Glob[]
  /** Names written whole, without `*`. */
  readonly exact?: ReadonlySet<string>
}

/** True if the rule could apply to the part, conditions and windows aside. */
export function matchesPart(match: StaticMatch, action: Rule['action'], part: Part): boolean {
  if (match.verbs !== undefined && !match.verbs.has(part.verb)) return false
  if (match.effects !== undefined && !match.effects.has(part.effect)) return false
  // Who allows Admin at large has not thought of every function that anybody may write.
  if (part.opaque === true && action !== 'Deny' && match.verbs === undefined && match.objects === undefined)
    return false
  if (match.objects === undefined) return true
  // A rule with objects never matches a part without one.
  if (part.object === undefined) return false
  if (matchesObject(match.objects, part.object)) return true
  // Only Deny looks through: allowing a table must not allow every view over it, denying it must deny them all.
  return action === 'Deny' && part.covers.some((object) => matchesObject(match.objects ?? [], object))
}

/** The rule lists the part's very object: its owner knows what it is about. */
export function namesExactly(match: StaticMatch, { object }: Part): boolean {
  if (object === undefined || match.objects === undefined) return false
  return match.objects.some(({ kind, exact }) => kind === object.kind && exact?.has(object.name) === true)
}

export function compileObjects(objects: readonly ObjectMatch[]): readonly ObjectPattern[] {
  return objects.map(({ kind, names }) => {
    if (names === undefined) return { kind }
    return { kind, names: names.map(compileGlob), exact: new Set(names.filter((name) => !name.includes('*'))) }
  })
}

function matchesObject(patterns: readonly ObjectPattern[], object: ObjectRef): boolean {
  return patterns.some(
    ({ kind, names }) => kind === object.kind && (names === undefined || names.some((glob) => glob(object.name))),
  )
}

export type Glob = (name: string) => boolean

/** A pattern without `*` is compared whole, so that names with unusual characters can be written as they are. */
export function compileGlob(pattern: string): Glob {
  if (!pattern.includes('*')) return (name) => name === pattern
  const segments = pattern.split('.')
  return (name) => {
    const parts = name.split('.')
    return parts.length === segments.length && segments.every((segment, i) => matchesSegment(segment, parts[i] ?? ''))
  }
}

// Greedy with one point of return: the last `*` seen. Going back further can never help, because whatever an earlier
// `*` could take, the last one can take too.
function matchesSegment(pattern: string, text: string): boolean {
  let p = 0
  let t = 0
  let star = -1
  let resume = 0
  while (t < text.length) {
    if (pattern[p] === '*') {
      star = p++
      resume = t
    } else if (pattern[p] === text[t]) {
      p++
      t++
    } else if (star >= 0) {
      p = star + 1
      t = ++resume
    } else return false
  }
  while (pattern[p] === '*') p++
  return p === pattern.length
}
