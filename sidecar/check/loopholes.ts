// Rules that refuse less than whoever wrote them believes: an Allow before them takes what they were written for, a verb that
// does the same is not listed, or they name what holds a thing and not the thing. Valid all of them, so these are suspicions.
import type { Match, ObjectMatch, Rule } from '#crds/types.gen.ts'
import type { AlikeVerbs, Vocabulary } from '#sidecar/protocols/protocol.ts'
import { objectWithin } from './unreachable.ts'

/** The words that tell loopholes, of all protocols that the policy meets. */
export type Words = Pick<Vocabulary, 'alike' | 'effectsOf'>

/** The first rule before `index` that allows, whatever the call, some of what the rule there is to keep back. */
export function firstThatAllows(rules: readonly Rule[], index: number, words: Words): Rule | undefined {
  const rule = rules[index]
  // A last rule that denies the rest is a habit, and right.
  if (rule === undefined || !keepsBack(rule) || (rule.match.verbs ?? rule.match.objects) === undefined) return undefined
  return rules
    .slice(0, index)
    .find((earlier) => always(earlier, 'Allow') && takesFrom(earlier.match, rule.match, words))
}

function takesFrom(wide: Match, narrow: Match, words: Words): boolean {
  if (wide.objects !== undefined) {
    const { objects } = wide
    if (narrow.objects?.every((object) => objectWithin(object, objects)) !== true) return false
  }
  return meet(wide.verbs, narrow.verbs) && meet(effectsIn(wide, words), effectsIn(narrow, words))
}

export interface HalfRefused {
  /** The verb that the rule refuses, and what does the same. */
  readonly refused: string
  readonly left: string
  readonly what: string
}

/** What gets round a rule by another verb, as far as nothing else in the policy keeps it back. */
export function halfRefused(rules: readonly Rule[], rule: Rule, { alike = [] }: Words): readonly HalfRefused[] {
  const { verbs, effects, objects } = rule.match
  if (!keepsBack(rule) || verbs === undefined || effects !== undefined) return []
  return alike.flatMap((group) => {
    if (objects?.some(({ kind }) => group.kinds.includes(kind)) === false) return []
    const refused = group.verbs.find((verb) => verbs.includes(verb))
    const left = group.verbs.find((verb) => !verbs.includes(verb) && isOpen(verb, group, rules, rule))
    return refused === undefined || left === undefined ? [] : [{ refused, left, what: group.what }]
  })
}

function isOpen(verb: string, { effect, kinds }: AlikeVerbs, rules: readonly Rule[], from: Rule): boolean {
  const speaks = ({ match: { verbs, effects, objects } }: Rule) =>
    (verbs?.includes(verb) ?? true) &&
    (effects?.includes(effect) ?? true) &&
    (objects?.some(({ kind }) => kinds.includes(kind)) ?? true)
  const kept = rules.some((rule) => rule !== from && keepsBack(rule) && speaks(rule) && covers(rule.match, from.match))
  // A policy that allows nothing is a guardrail for what others allow.
  const allowing = rules.filter(({ action }) => action === 'Allow')
  return !kept && (allowing.length === 0 || allowing.some(speaks))
}

function covers({ objects: wide }: Match, { objects: narrow }: Match): boolean {
  return wide === undefined || narrow?.every((object) => objectWithin(object, wide)) === true
}

/** What the rule names only as a whole, though what it holds has names of its own. */
export function onlyHeld({ action, match }: Rule, holds: NonNullable<Vocabulary['holds']>): readonly ObjectMatch[] {
  const { verbs, effects, objects = [] } = match
  // Whoever lists what is done to the whole means the whole.
  if (action !== 'Deny' || verbs !== undefined || effects?.every((effect) => effect === 'Admin')) return []
  return objects.filter(({ kind }) => {
    const held = holds[kind]
    return held !== undefined && !objects.some((other) => other.kind === held)
  })
}

function keepsBack({ action, mode }: Rule): boolean {
  return action !== 'Allow' && mode !== 'Audit'
}

/** Whatever the time and the call. */
function always({ action, mode, match }: Rule, wanted: Rule['action']): boolean {
  return action === wanted && mode !== 'Audit' && match.condition === undefined && match.during === undefined
}

/** What is left out holds everything. */
function meet<T>(a: readonly T[] | undefined, b: readonly T[] | undefined): boolean {
  return a === undefined || b === undefined || a.some((item) => b.includes(item))
}

type Effects = readonly string[] | undefined

/** Those of its verbs where it names none itself; nothing, where they have never been told. */
function effectsIn({ effects, verbs }: Match, { effectsOf = {} }: Words): Effects {
  return effects ?? verbs?.flatMap((verb) => effectsOf[verb] ?? [])
}
