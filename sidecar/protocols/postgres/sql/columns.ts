// Column references: `a`, `t.a`, `s.t.a`, whole rows, and the functional notation in which `t.f` may mean `f(t)`.
import type { ColumnRef } from 'libpg-query'
import type { Analysis } from './analysis.ts'
import { call } from './calls.ts'
import { as, stringOf } from './node.ts'
import { columnOf, type Range, rangeNamed, type Scope, unqualified, wholeRow } from './scope.ts'
import { derive, opaque, type Value } from './value.ts'

export function columnReference(body: ColumnRef, scope: Scope, analysis: Analysis): Value {
  const location = body.location ?? 0
  const fields = body.fields ?? []
  const star = as('A_Star', fields.at(-1)) !== undefined
  const names = (star ? fields.slice(0, -1) : fields).map((field) => stringOf(field) ?? '')
  const value = star ? everything(names, scope, location) : named(names, scope, analysis, location)
  if (value !== undefined) return value
  analysis.unresolved = true
  return { ...opaque(), at: location }
}

function named(names: readonly string[], scope: Scope, analysis: Analysis, location: number): Value | undefined {
  const [first = '', second] = names
  if (second === undefined) {
    const column = unqualified(scope, first, location)
    if (column !== undefined) return column
    const range = rangeNamed(scope, first)
    return range === undefined ? undefined : wholeRow(range, location)
  }
  const range = qualifiedRange(names.slice(0, -1), scope)
  const name = names.at(-1) ?? ''
  if (range !== undefined) {
    return columnOf(range, name, location) ?? call(analysis, [name], [wholeRow(range, location)], scope, location)
  }
  // schema.table as a whole row.
  const whole = qualifiedRange(names, scope)
  return whole === undefined ? undefined : wholeRow(whole, location)
}

/** The range that `t`, `s.t` or `db.s.t` means. */
export function qualifiedRange(names: readonly string[], scope: Scope): Range | undefined {
  const name = names.at(-1)
  if (name === undefined) return undefined
  return names.length === 1 ? rangeNamed(scope, name) : rangeNamed(scope, name, names.at(-2))
}

function everything(names: readonly string[], scope: Scope, location: number): Value | undefined {
  if (names.length > 0) {
    const range = qualifiedRange(names, scope)
    return range === undefined ? undefined : wholeRow(range, location)
  }
  const rows = scope.ranges.map((range) => wholeRow(range, location))
  return rows.length === 0 ? undefined : derive(rows, undefined)
}
