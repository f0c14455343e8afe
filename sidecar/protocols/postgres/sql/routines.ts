// Names of functions, operators and casts → what a person reviewed about them.
//
// PostgreSQL picks among all visible overloads by argument types; the types here are only partly known, so every
// overload that could be picked counts, and one that nobody reviewed makes the call opaque.
import type { Routine } from '../catalog/model.ts'
import { apart } from '../catalog/qualified.ts'
import { classify } from '../functions/classify.ts'
import type { FunctionEntry } from '../functions/entry.ts'
import { classifyOperator } from '../functions/operators.ts'
import type { Analysis } from './analysis.ts'
import { FIRST_USER_OID, OID, schemaNamed } from './types.ts'
import type { Value } from './value.ts'

export interface Callee {
  /** `schema.name` as resolved, `name` as written where the catalog has none. */
  readonly name: string
  /** Every overload that could be meant is reviewed; the strictest of their entries. */
  readonly entry: FunctionEntry | undefined
  readonly missing: boolean
  readonly routines: readonly Routine[]
}

export function findCallee(analysis: Analysis, names: readonly string[], args: readonly Value[] | undefined): Callee {
  const { catalog, path } = analysis.environment
  const name = names.at(-1) ?? ''
  // Temporary schemas are never searched for functions (manual, search_path), but can be named.
  const schemas =
    names.length > 1 ? [schemaNamed(path, names.at(-2) ?? '')] : path.filter((schema) => !schema.startsWith('pg_temp'))
  // SQL cannot give a value of type internal, so such overloads are never picked.
  const named = schemas
    .flatMap((schema) => catalog.routines(schema, name))
    .filter((routine) => !routine.arguments.includes(INTERNAL))
  const fitting = args === undefined ? named : named.filter((routine) => fits(analysis, routine, args))
  const exact = args === undefined ? [] : fitting.filter((routine) => fitsExactly(routine, args))
  const routines = exact.length > 0 ? exact : fitting.length > 0 ? fitting : named
  const first = routines[0]
  if (first === undefined) return { name: names.join('.'), entry: undefined, missing: true, routines: [] }
  return merge(routines, first)
}

const INTERNAL = 2281

function merge(routines: readonly Routine[], first: Routine): Callee {
  let entry: FunctionEntry | undefined
  for (const routine of routines) {
    const reviewed = classify(routine)
    const name = `${routine.schema}.${routine.name}`
    if (reviewed === undefined) return { name, entry: undefined, missing: false, routines }
    entry = entry === undefined ? reviewed : stricterEntry(entry, reviewed)
  }
  return { name: `${first.schema}.${first.name}`, entry, missing: false, routines }
}

const RANK = { Session: 0, Read: 1, Write: 2, Admin: 3 } as const

function stricterEntry(a: FunctionEntry, b: FunctionEntry): FunctionEntry {
  const names = a.names ?? b.names
  return {
    pure: a.pure === true && b.pure === true,
    effect: RANK[a.effect] >= RANK[b.effect] ? a.effect : b.effect,
    ...(names === undefined ? {} : { names }),
    leaks: a.leaks === true || b.leaks === true,
    valueBearing: a.valueBearing === true || b.valueBearing === true,
  }
}

/** Could the server pick this overload for these arguments? Errs towards yes. */
function fits(analysis: Analysis, routine: Routine, args: readonly Value[]): boolean {
  const declared = routine.arguments
  const most = routine.variadic ? Number.POSITIVE_INFINITY : declared.length
  const least = declared.length - Math.max(routine.defaults, routine.variadic ? 1 : 0)
  if (routine.kind === 'aggregate') {
    if (args.length > most) return false
  } else if (args.length < least || args.length > most) return false
  return args.every((arg, index) => {
    const at = declared[Math.min(index, declared.length - 1)]
    if (at === undefined || (routine.variadic && index >= declared.length - 1)) return true
    return accepts(analysis, at, arg.type)
  })
}

/** All types told and equal: the server picks such an overload before all others (src/backend/parser/parse_func.c). */
function fitsExactly(routine: Routine, args: readonly Value[]): boolean {
  const declared = routine.arguments
  return (
    !routine.variadic &&
    args.length > 0 &&
    declared.length === args.length &&
    declared.every((type, index) => type === args[index]?.type && type !== OID.unknown)
  )
}

function accepts(analysis: Analysis, declared: number, given: number | undefined): boolean {
  if (given === undefined || given === OID.unknown || given === declared) return true
  const { catalog } = analysis.environment
  const type = catalog.dataTypeByOid(declared)
  if (type === undefined || type.kind === 'p') return true
  if (declared < FIRST_USER_OID && given < FIRST_USER_OID) return true
  const base = catalog.dataTypeByOid(given)?.baseOid
  if (base !== undefined && base !== 0 && accepts(analysis, declared, base)) return true
  return catalog.userCasts().some((cast) => cast.source === given && cast.target === declared)
}

/** `schema.name` of the unreviewed function behind the operator, if one could be picked; 'missing' if there is none. */
export function opaqueOperator(
  analysis: Analysis,
  names: readonly string[],
  operands: readonly Value[],
): { readonly routine: string } | 'missing' | undefined {
  const { catalog, path } = analysis.environment
  const name = names.at(-1) ?? ''
  const schemas = names.length > 1 ? [schemaNamed(path, names.at(-2) ?? '')] : path
  let known = false
  for (const schema of schemas) {
    const operators = catalog.operators(schema, name)
    if (operators.length > 0) known = true
    if (schema === 'pg_catalog') continue
    for (const operator of operators) {
      if (classifyOperator(catalog, operator)?.pure === true) continue
      if (operatorFits(analysis, operator.routine, operands)) return { routine: operator.routine }
    }
  }
  return known ? undefined : 'missing'
}

function operatorFits(analysis: Analysis, routine: string, operands: readonly Value[]): boolean {
  const overloads = analysis.environment.catalog.routines(...apart(routine))
  if (overloads.length === 0) return true
  return overloads.some(
    (overload) =>
      overload.arguments.length === operands.length &&
      overload.arguments.every((declared, index) => accepts(analysis, declared, operands[index]?.type)),
  )
}

/** `schema.name` of an unreviewed cast function that converting `from` to the type would call. */
export function opaqueCast(analysis: Analysis, from: number | undefined, to: number | undefined): string | undefined {
  if (from === OID.unknown || to === undefined) return undefined
  const { catalog } = analysis.environment
  for (const cast of catalog.userCasts()) {
    if (cast.routine === undefined || cast.target !== to) continue
    if (from !== undefined && cast.source !== from) continue
    const overloads = catalog.routines(...apart(cast.routine))
    if (overloads.length === 0 || overloads.some((routine) => classify(routine) === undefined)) return cast.routine
  }
  return undefined
}
