// Target lists: SELECT's outputs and RETURNING.
import type { ResTarget } from 'libpg-query'
import type { Analysis } from './analysis.ts'
import { qualifiedRange } from './columns.ts'
import { evaluate, locationOf } from './expressions.ts'
import { as, type Node, stringOf } from './node.ts'
import { outputName } from './output-names.ts'
import type { RangeColumn, Result, Scope } from './scope.ts'
import { derive } from './value.ts'

export function outputs(targets: readonly Node[] | undefined, scope: Scope, analysis: Analysis): Result {
  const columns: RangeColumn[] = []
  let open = false
  for (const node of targets ?? []) {
    const target = as('ResTarget', node)
    if (target === undefined) return analysis.refuse('an output of another kind')
    analysis.visited.add(target)
    const star = starOutputs(target, scope, analysis)
    if (star === undefined) {
      const value = evaluate(target.val, scope, analysis)
      const name = target.name ?? outputName(target.val, (link) => analysis.firstOutputs.get(link))
      columns.push({ name, value })
    } else {
      columns.push(...star.columns)
      open ||= star.open
    }
  }
  return { columns, open }
}

/** What `*`, `t.*` and `(row).*` stand for; undefined if the target is none of them. */
function starOutputs(target: ResTarget, scope: Scope, analysis: Analysis): Result | undefined {
  const reference = as('ColumnRef', target.val)
  const fields = reference?.fields
  if (reference !== undefined && as('A_Star', fields?.at(-1)) !== undefined) {
    analysis.visited.add(reference)
    const names = (fields ?? []).slice(0, -1).map((field) => stringOf(field) ?? '')
    return expand(names, scope, analysis, locationOf(reference) ?? 0)
  }
  const indirection = as('A_Indirection', target.val)
  if (indirection === undefined || as('A_Star', indirection.indirection?.at(-1)) === undefined) return undefined
  analysis.visited.add(indirection)
  const value = evaluate(
    { A_Indirection: { ...indirection, indirection: indirection.indirection?.slice(0, -1) ?? [] } },
    scope,
    analysis,
  )
  if (value.fields === undefined) return { columns: [{ name: '*', value: derive([value], undefined) }], open: true }
  return {
    columns: [...value.fields].map(([name, field]) => ({ name, value: { ...field, at: value.at } })),
    open: false,
  }
}

function expand(names: readonly string[], scope: Scope, analysis: Analysis, location: number): Result {
  if (names.length > 0) {
    const range = qualifiedRange(names, scope)
    if (range === undefined) {
      analysis.unresolved = true
      return { columns: [], open: true }
    }
    for (const column of range.columns) range.touched?.add(column.own ?? column.name)
    if (range.open) range.touched?.add('*')
    return { columns: located(range.columns, location), open: range.open }
  }
  for (const column of scope.visible) column.range.touched?.add(column.own ?? column.name)
  for (const range of scope.ranges) if (range.open) range.touched?.add('*')
  return { columns: located(scope.visible, location), open: scope.ranges.some((range) => range.open) }
}

function located(columns: readonly RangeColumn[], location: number): readonly RangeColumn[] {
  return columns.map((column) => ({ name: column.name, value: { ...column.value, at: location } }))
}
