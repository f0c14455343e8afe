// current_setting($1): which setting it reads is known once the parameter is bound, and most of them hold no secret. ORMs
// that bind every literal reflect tables so.
import type { ParamRef } from 'libpg-query'
import { type Part, strictest } from '#sidecar/action.ts'
import { holdsSecret } from '../functions/settings.ts'
import type { Analysis } from './analysis.ts'
import { as, type Node } from './node.ts'
import { ANY_SETTING } from './settings.ts'
import type { Statement } from './statement.ts'

/** Adds what it is while no parameter names a secret setting, where parameters alone name settings and nothing else makes them of another type. */
export function withSettings(statement: Statement, node: Node, { settingNames }: Analysis): Statement {
  if (settingNames === false || settingNames.size === 0) return statement
  const parameters = new Set([...settingNames].map(({ number }) => number ?? 0))
  const others = parametersIn(node).filter((body) => !settingNames.has(body) && parameters.has(body.number ?? 0))
  if (others.length > 0) return statement
  return { ...statement, unlessSecret: { parameters: [...parameters], statement: withoutSettings(statement) } }
}

/** The statement as it is with these values. `text`: null for NULL, undefined if it is not known to be text. */
export function withBound(statement: Statement, text: (parameter: number) => string | null | undefined): Statement {
  const { unlessSecret } = statement
  if (unlessSecret === undefined) return statement
  const harmless = unlessSecret.parameters.every((parameter) => {
    const name = text(parameter)
    return name === null || (name !== undefined && !holdsSecret(name))
  })
  return harmless ? unlessSecret.statement : statement
}

/** As it is at best: with no value does it less. */
export function atBest(statement: Statement): Statement {
  return statement.unlessSecret?.statement ?? statement
}

function withoutSettings(statement: Statement): Statement {
  const { shape } = statement
  const rest = shape.parts.filter(({ verb, object }) => verb !== 'show' || object?.name !== ANY_SETTING)
  const nothing: Part = { verb: shape.verb, effect: 'Session', covers: [], columns: [] }
  const parts = rest.length > 0 ? rest : [nothing]
  const effect = parts.map((part) => part.effect).reduce(strictest, 'Session')
  return { ...statement, shape: { ...shape, parts, effect } }
}

function parametersIn(node: unknown): readonly ParamRef[] {
  if (typeof node !== 'object' || node === null) return []
  const found = Object.values(node).flatMap(parametersIn)
  const own = as('ParamRef', node as Node)
  return own === undefined ? found : [own, ...found]
}
