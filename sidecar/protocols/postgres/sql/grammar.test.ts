// Every kind of node in the grammar is either handled or refused on purpose: a new version of the parser that brings a
// new kind fails here until someone has thought about it.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { EXPRESSION_KINDS } from './expressions.ts'
import { FROM_KINDS } from './from.ts'
import { STATEMENTS } from './understand.ts'

/** Parts of other nodes, looked at by whoever handles those. */
const INSIDE = `
  String Integer Float Boolean BitString Alias IntoClause CaseWhen TypeName RoleSpec A_Star A_Indices ResTarget
  MultiAssignRef SortBy WindowDef RangeTableFuncCol ColumnDef TableLikeClause IndexElem DefElem LockingClause
  PartitionElem PartitionSpec PartitionBoundSpec PartitionRangeDatum PartitionCmd GroupingSet WithClause InferClause
  OnConflictClause CTESearchClause CTECycleClause CommonTableExpr MergeWhenClause ReturningOption ReturningClause
  TriggerTransition JsonOutput JsonArgument JsonFormat JsonBehavior JsonTablePathSpec JsonTableColumn JsonKeyValue
  JsonAggConstructor RawStmt AlterTableCmd ATAlterConstraint ReplicaIdentityStmt ObjectWithArgs AccessPriv Constraint
  CreateOpClassItem StatsElem FunctionParameter VacuumRelation PublicationTable PublicationObjSpec ReturnStmt`

/**
 * Node types of PostgreSQL (src/include/nodes) that its analysis, its planner, PL/pgSQL or the library make: never in a parse of SQL
 * text. `InferenceElem` is a column by which ON CONFLICT infers its index.
 */
const NEVER = `
  ParseResult ScanResult OidList IntList TableFunc Var Param Aggref GroupingFuncExpr WindowFunc WindowFuncRunCondition
  SubscriptingRef FuncExpr OpExpr DistinctExpr NullIfExpr ScalarArrayOpExpr SubPlan AlternativeSubPlan FieldSelect
  FieldStore RelabelType CoerceViaIO ArrayCoerceExpr ConvertRowtypeExpr CollateExpr CaseTestExpr ArrayExpr
  RowCompareExpr JsonReturning JsonConstructorExpr JsonExpr JsonTablePath JsonTablePathScan JsonTableSiblingJoin
  MergeAction CoerceToDomain CoerceToDomainValue NextValueExpr InferenceElem ReturningExpr TargetEntry RangeTblRef
  FromExpr OnConflictExpr Query RangeTblEntry RTEPermissionInfo RangeTblFunction TableSampleClause WithCheckOption
  SortGroupClause WindowClause RowMarkClause SetOperationStmt PLAssignStmt InlineCodeBlock CallContext ScanToken
  SummaryResult Table Function FilterColumn`

const words = (text: string): readonly string[] => text.split(/\s+/).filter((word) => word !== '')

test('every kind of node is accounted for', () => {
  const entry = createRequire(import.meta.url).resolve('@pgsql/types')
  const types = readFileSync(join(dirname(entry), 'types.d.ts'), 'utf8')
  const union = types.slice(types.indexOf('export type Node = '), types.indexOf('export interface ParseResult'))
  const kinds = [...union.matchAll(/^ {4}(\w+): \w+;$/gm)].map((match) => match[1] ?? '')
  assert.ok(kinds.length > 250)
  const known = new Set([
    ...Object.keys(STATEMENTS),
    ...EXPRESSION_KINDS,
    ...FROM_KINDS,
    ...words(INSIDE),
    ...words(NEVER),
  ])
  assert.deepEqual(
    kinds.filter((kind) => !known.has(kind)),
    [],
  )
})
