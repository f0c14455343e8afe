// Function calls → parts, uses, and what the result is made of.
import { ANY_ELEMENT } from '#sidecar/masking/field-reach.ts'
import type { FunctionEntry } from '../functions/entry.ts'
import { holdsSecret } from '../functions/settings.ts'
import type { Analysis } from './analysis.ts'
import { documentType, ELEMENTS, part } from './documents.ts'
import { literalOf, parameterOf, truthOf } from './literal.ts'
import { splitName } from './names.ts'
import type { Node } from './node.ts'
import { access, columnsOf, resolve } from './relations.ts'
import { type Callee, findCallee } from './routines.ts'
import type { Scope } from './scope.ts'
import { ANY_SETTING, changeSetting, readSetting } from './settings.ts'
import { hasField } from './types.ts'
import { derive, type Value } from './value.ts'

/** One call. `nodes` are the arguments as written, for functions that an argument's literal tells an object's name. */
export function call(
  analysis: Analysis,
  names: readonly string[],
  args: readonly Value[],
  scope: Scope,
  location: number,
  nodes: readonly Node[] = [],
): Value {
  const callee = findCallee(analysis, names, args)
  const only = args[0]
  const elements = callee.entry === undefined || args.length !== 1 ? undefined : elementsOf(analysis, callee.name, only)
  if (elements !== undefined) return elements
  // Functional notation: `ssn(customers)` reads the column if there is no such function.
  if (callee.missing && names.length === 1 && args.length === 1 && only !== undefined) {
    const field = only.fields?.get(names[0] ?? '')
    if (field !== undefined) return field
    if (hasField(analysis, only.type, names[0] ?? '')) return derive([only], undefined)
  }
  return invoke(analysis, callee, args, scope, location, nodes)
}

// The elements of an array in a document are parts of it, as doc -> 0 is.
function elementsOf(analysis: Analysis, name: string, value: Value | undefined): Value | undefined {
  const taken = ELEMENTS[name]
  if (taken === undefined || value === undefined || value.sources.length === 0) return undefined
  const element = documentType(analysis, value) === undefined ? undefined : part(value, [ANY_ELEMENT], taken)
  if (element === undefined) return undefined
  analysis.functions.add(name)
  analysis.use(value, 'within')
  return element
}

/** The same for a function that the statement names without arguments (a trigger's, a cast's, CALL's). */
export function functionNamed(analysis: Analysis, name: string): void {
  analysis.functions.add(name)
  analysis.part('call', 'Admin', { kind: 'function', name }, { opaque: true })
  analysis.opaque()
}

function invoke(
  analysis: Analysis,
  callee: Callee,
  args: readonly Value[],
  scope: Scope,
  location: number,
  nodes: readonly Node[],
): Value {
  const object = { kind: 'function', name: callee.name }
  analysis.functions.add(callee.name)
  for (const arg of args) analysis.use(arg, scope.position)
  if (callee.missing) {
    analysis.unresolved = true
    // `t.f` is a column first of all.
    const column = nodes.length === 0 && args.length === 1
    const what = column ? 'there is neither a column nor a function' : 'there is no function'
    const unknown = `${what} ${callee.name} in the catalog`
    analysis.part('call', 'Unknown', object, { unknown, absent: column ? 'column' : 'function' })
    analysis.opaque()
    return { ...derive(args, undefined, true), at: location }
  }
  const type = returnType(callee)
  if (callee.entry === undefined) {
    functionNamed(analysis, callee.name)
    return { ...derive(args, type, true), at: location }
  }
  const entry = callee.entry
  if (entry.effect === 'Write' || entry.effect === 'Admin') analysis.part('call', entry.effect, object)
  if (entry.valueBearing === true) analysis.bearers.push(object)
  if (entry.leaks === true) leak(analysis, callee.name, args, location)
  const reached = entry.names === undefined ? undefined : namedObject(analysis, callee.name, entry, nodes, location)
  const unknown = entry.valueBearing === true || reached === 'unknown'
  const sources = reached === undefined || reached === 'unknown' ? args : [...args, reached]
  return {
    ...derive(sources, type, unknown),
    constant: false,
    at: args.find((arg) => arg.sources.length > 0)?.at ?? location,
  }
}

function returnType(callee: Callee): number | undefined {
  const types = new Set(callee.routines.map((routine) => routine.returns))
  const only = callee.routines[0]?.returns
  // Polymorphic results (anyelement …) depend on the arguments.
  return types.size === 1 && only !== undefined && !(only >= 2276 && only <= 2283) && only < 16384 ? only : undefined
}

function leak(analysis: Analysis, name: string, args: readonly Value[], location: number): void {
  const from = derive(args, undefined)
  if (from.sources.length > 0 || from.unknown) analysis.copies.push({ from, to: `what ${name} sends`, at: location })
}

// nextval('s'), table_to_xml('t'), set_config('x', …): the object is whatever an argument names.
function namedObject(
  analysis: Analysis,
  callee: string,
  entry: FunctionEntry,
  nodes: readonly Node[],
  location: number,
): Value | 'unknown' | undefined {
  const names = entry.names
  if (names === undefined) return undefined
  const literal = literalOf(analysis, nodes[names.argument])
  if (names.kind === 'setting') {
    if (names.access === 'Write') {
      // For how long is as good as to what: a search_path taken back at the end of the transaction is another one.
      const local = truthOf(analysis, nodes[names.argument + 2])
      const value = local === undefined ? undefined : literalOf(analysis, nodes[names.argument + 1])
      changeSetting(analysis, literal, value, local === true)
    } else if (literal === undefined) {
      analysis.settingNamed(parameterOf(analysis, nodes[names.argument]))
      readSetting(analysis, ANY_SETTING)
    } else if (holdsSecret(literal)) readSetting(analysis, literal)
    return undefined
  }
  const effect = names.access === 'Write' ? 'Write' : 'Read'
  if (names.kind === 'table' || names.kind === 'sequence') {
    const name = literal === undefined ? undefined : splitName(literal)
    if (name === undefined) return unnamed(analysis, callee, names.rows || names.access === 'Write')
    if (!names.rows && names.access === 'Read') return undefined
    const [schemaname, relname] = name.length > 1 ? [name.at(-2), name.at(-1)] : [undefined, name[0]]
    const target = resolve(analysis, {
      ...(schemaname === undefined ? {} : { schemaname }),
      relname: relname ?? '',
      location,
    })
    const touched = access(analysis, target, names.access === 'Write' ? 'call' : 'select', effect)
    if (!names.rows) return undefined
    if (target.relation === undefined) return 'unknown'
    const columns = columnsOf(analysis, target.relation)
    for (const column of columns) touched.add(column.name)
    const values = columns.map((column) => ({ ...column.value, at: location }))
    for (const value of values) analysis.use(value, 'argument')
    return derive(values, undefined)
  }
  return unnamed(analysis, callee, names.rows || names.access === 'Write')
}

// Text that is run as SQL, or an object whose name is only known when it runs: anything may be read or changed.
function unnamed(analysis: Analysis, callee: string, matters: boolean): 'unknown' | undefined {
  if (!matters) return undefined
  analysis.part('call', 'Admin', { kind: 'function', name: callee }, { opaque: true })
  analysis.opaque()
  return 'unknown'
}
