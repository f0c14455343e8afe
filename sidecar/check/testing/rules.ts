// Rules and matches in few words.
import type { Match, Rule } from '#crds/types.gen.ts'

export const rule = (action: Rule['action'], match: Match = {}, mode: Rule['mode'] = 'Enforce'): Rule => ({
  name: action,
  action,
  match,
  mode,
})

export const table = (...names: string[]): Match => ({ objects: [{ kind: 'table', names }] })
