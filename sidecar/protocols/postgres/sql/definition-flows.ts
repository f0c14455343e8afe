// Where definitions let values get to later, for masks: code that will have rows in its hands, values that leave the place
// that masks know them by, and tests on rows that are there already.
import type { AlterTableCmd, Constraint, PublicationObjSpec, RangeVar } from 'libpg-query'
import type { Relation } from '../catalog/model.ts'
import { extensionTable } from '../functions/extensions/table.ts'
import { isDocument } from '../values/kinds.ts'
import type { Analysis } from './analysis.ts'
import { evaluate } from './expressions.ts'
import { as, type Body, type Kind, type Node, namesOf, stringOf } from './node.ts'
import { columnsOf, findRelation, sourceOf } from './relations.ts'
import { at, type Scope } from './scope.ts'
import type { Lineage, SourceColumn, UsePosition } from './statement.ts'
import { findType, namedType } from './types.ts'

type Flows = { readonly [K in Kind]?: (body: Body<K>, analysis: Analysis, scope: Scope) => void }

const FLOWS: Flows = {
  // Code: whoever calls it later, it can read any table and store what it reads.
  CreateFunctionStmt: (body, analysis) => code(analysis, `function ${namesOf(body.funcname).join('.')}`),
  CreateTrigStmt: (body, analysis) => code(analysis, `trigger ${body.trigname}`),
  CreateEventTrigStmt: (body, analysis) => code(analysis, `event trigger ${body.trigname}`),
  RuleStmt: (body, analysis) => code(analysis, `rule ${body.rulename}`),
  CreateCastStmt: (body, analysis) => (body.func === undefined ? undefined : code(analysis, 'a cast')),
  CreateOpClassStmt: (_, analysis) => code(analysis, 'an operator class'),
  CreateTransformStmt: (_, analysis) => code(analysis, 'a transform'),
  CreateConversionStmt: (_, analysis) => code(analysis, 'a conversion'),
  CreatePLangStmt: (body, analysis) => code(analysis, `language ${body.plname}`),
  CreateAmStmt: (body, analysis) => code(analysis, `access method ${body.amname}`),
  CreateFdwStmt: (body, analysis) => code(analysis, `foreign data wrapper ${body.fdwname}`),
  CreateRangeStmt: (_, analysis) => code(analysis, 'a range type'),
  CreateExtensionStmt: (body, analysis) =>
    extensionTable(body.extname ?? '') === undefined ? code(analysis, `extension ${body.extname}`) : undefined,
  AlterSystemStmt: (_, analysis) => code(analysis, 'the settings of the server'),
  DefineStmt: (body, analysis) =>
    DATA_ONLY.has(body.kind ?? '') && !comparesOtherwise(body.definition)
      ? undefined
      : code(analysis, namesOf(body.defnames).join('.')),

  // A foreign table can be a window on any table, this database's own too, that masks know nothing of.
  CreateForeignTableStmt: (body, analysis) => code(analysis, `foreign table ${body.base?.relation?.relname}`),
  CreateForeignServerStmt: (body, analysis) => code(analysis, `server ${body.servername}`),
  AlterForeignServerStmt: (body, analysis) => code(analysis, `server ${body.servername}`),
  ImportForeignSchemaStmt: (body, analysis) => code(analysis, `server ${body.server_name}`),

  CreatePublicationStmt: (body, analysis) =>
    publish(body.pubname, body.for_all_tables === true, body.pubobjects, analysis),
  AlterPublicationStmt: (body, analysis) =>
    publish(body.pubname, body.for_all_tables === true, body.pubobjects, analysis),

  AlterTableStmt: (body, analysis, scope) => {
    const relation = body.relation && findRelation(analysis, body.relation)
    for (const node of body.cmds ?? []) {
      const command = as('AlterTableCmd', node)
      if (command !== undefined) altered(command, body.relation, relation, analysis, scope)
    }
  },
  AlterDomainStmt: (body, analysis) => {
    if (body.subtype === 'C' || body.subtype === 'V') checked(findType(analysis, namesOf(body.typeName))?.oid, analysis)
  },
  IndexStmt: (body, analysis) => {
    const relation = body.relation && findRelation(analysis, body.relation)
    if (relation === undefined) return
    const names = (body.indexParams ?? []).flatMap((node) => as('IndexElem', node)?.name ?? [])
    // A scan of the index alone gives rows in its order; whether it can be unique tells of equal values.
    use(analysis, relation, names, body.unique === true ? 'distinct' : 'sort')
  },
  // A mask that names a view covers what the view stands on, for as long as there is that view.
  ViewStmt: (body, analysis) => {
    const relation = body.view && findRelation(analysis, body.view)
    if (body.replace === true && relation !== undefined) leaves(relation, OUT_OF_SIGHT, 0, analysis)
  },
  DropStmt: (body, analysis) => {
    if (body.behavior === 'DROP_CASCADE') {
      // Which views go along is the server's to find; any of them may be what a mask names.
      for (const relation of analysis.environment.catalog.userRelations()) {
        if (relation.definition !== undefined) leaves(relation, OUT_OF_SIGHT, 0, analysis)
      }
      return
    }
    if (body.removeType !== 'OBJECT_VIEW' && body.removeType !== 'OBJECT_MATVIEW') return
    for (const node of body.objects ?? []) {
      const [name, schema] = namesOf(as('List', node)?.items).toReversed()
      const relation = findRelation(analysis, { relname: name ?? '', ...(schema ? { schemaname: schema } : {}) })
      if (relation !== undefined) leaves(relation, OUT_OF_SIGHT, 0, analysis)
    }
  },
  // Callers that go by the name, and rules that give it, mean this routine from then on.
  RenameStmt: (body, analysis) =>
    ROUTINES.has(body.renameType ?? '') ? code(analysis, `function ${body.newname}`) : undefined,
  AlterObjectSchemaStmt: (body, analysis) =>
    ROUTINES.has(body.objectType ?? '') ? code(analysis, `a function of schema ${body.newschema}`) : undefined,
  // Rows come back in the order of the index.
  ClusterStmt: (body, analysis) => {
    const relation = body.relation && findRelation(analysis, body.relation)
    if (relation !== undefined) use(analysis, relation, undefined, 'sort')
  },
}

/** `scope` is what the definition's expressions see. */
export function flows(kind: string, body: object, scope: Scope, analysis: Analysis): void {
  const flow = FLOWS[kind as Kind] as ((body: object, analysis: Analysis, scope: Scope) => void) | undefined
  flow?.(body, analysis, scope)
}

/** A table constraint is checked against the rows that are there, and foreign keys against another table's from then on. */
export function constrains(body: Constraint, about: RangeVar | undefined, analysis: Analysis): void {
  const relation = about === undefined ? undefined : findRelation(analysis, about)
  if (relation !== undefined) {
    use(analysis, relation, namesOf(body.keys), 'distinct')
    use(analysis, relation, namesOf(body.fk_attrs), 'join')
    const excluded = (body.exclusions ?? []).flatMap(
      (node) => as('IndexElem', as('List', node)?.items?.[0])?.name ?? [],
    )
    use(analysis, relation, excluded, 'predicate')
  }
  const referenced = body.pktable === undefined ? undefined : findRelation(analysis, body.pktable)
  if (referenced !== undefined) use(analysis, referenced, namesOf(body.pk_attrs), 'join')
}

const ROUTINES: ReadonlySet<string> = new Set([
  'OBJECT_FUNCTION',
  'OBJECT_PROCEDURE',
  'OBJECT_ROUTINE',
  'OBJECT_AGGREGATE',
])

const OUT_OF_SIGHT = 'where the mask that names the view does not reach'

/** Kinds of DefineStmt that hold no code. */
const DATA_ONLY: ReadonlySet<string> = new Set(['OBJECT_COLLATION', 'OBJECT_TSDICTIONARY', 'OBJECT_TSCONFIGURATION'])

// Under a collation with rules of its own a value can be equal to any that the rules name: a look-up would spell it out.
function comparesOtherwise(options: readonly Node[] | undefined): boolean {
  return (options ?? []).some((option) => as('DefElem', option)?.defname === 'deterministic')
}

function code(analysis: Analysis, what: string): void {
  analysis.copies.push({ from: { sources: [], plain: false, unknown: true }, to: `where ${what} takes them`, at: 0 })
}

function altered(
  command: AlterTableCmd,
  range: RangeVar | undefined,
  relation: Relation | undefined,
  analysis: Analysis,
  scope: Scope,
): void {
  if (relation === undefined) return
  const name = `${relation.schema}.${relation.name}`
  const column = relation.columns.filter((one) => one.name === command.name)
  const location = range?.location ?? 0
  switch (command.subtype) {
    case 'AT_AlterColumnType': {
      for (const target of sources(relation, column)) analysis.assignments.push({ target, at: location })
      const using = as('ColumnDef', command.def)?.raw_default
      const itself = column.map((one) => sourceOf(analysis.environment.catalog, relation, one))
      const value: Lineage =
        using === undefined
          ? { sources: itself, plain: true, unknown: false }
          : evaluate(using, at(scope, 'predicate'), analysis)
      const moved = value.sources.filter((source) => !staysItself(source, value, relation, command, analysis))
      const from = { ...value, sources: moved }
      if (moved.length > 0 || value.unknown) analysis.copies.push({ from, to: `${name}.${command.name}`, at: location })
      return
    }
    // It keeps its values, and nothing tells any more what they were made of.
    case 'AT_DropExpression': {
      const made = columnsOf(analysis, relation).find((one) => one.name === command.name)
      if (made !== undefined) analysis.copies.push({ from: made.value, to: `${name}.${command.name}`, at: location })
      return
    }
    case 'AT_DropInherit':
      leaves(relation, 'a table of its own', location, analysis)
      return
    case 'AT_DetachPartition':
    case 'AT_DetachPartitionFinalize':
    case 'AT_AttachPartition': {
      const other = partitionOf(command.def, analysis)
      if (other === undefined) return
      // Attaching tells whether any row lies outside the bounds.
      if (command.subtype === 'AT_AttachPartition') use(analysis, other, undefined, 'predicate')
      else leaves(other, 'a table of its own', location, analysis)
      return
    }
    case 'AT_DropColumn':
      if (command.behavior !== 'DROP_CASCADE') return
      for (const view of analysis.environment.catalog.userRelations()) {
        if (view.definition !== undefined) leaves(view, OUT_OF_SIGHT, location, analysis)
      }
      return
    case 'AT_ClusterOn':
      use(analysis, relation, undefined, 'sort')
      return
    case 'AT_GenericOptions':
      code(analysis, `foreign table ${name}`)
      return
  }
}

// A column made of itself keeps its name, by which masks know it; their fields are known by the place in a document.
function staysItself(
  source: SourceColumn,
  value: Lineage,
  relation: Relation,
  { name, def }: AlterTableCmd,
  analysis: Analysis,
): boolean {
  if (source.relationOid !== relation.oid || source.column !== name) return false
  if (source.document === undefined) return true
  const type = namedType(analysis, as('ColumnDef', def)?.typeName).oid
  const asItIs = source.document.length === 0 && (value.plain || value.taken !== undefined)
  return asItIs && type !== undefined && isDocument(type, (oid) => analysis.environment.catalog.dataTypeByOid(oid))
}

function partitionOf(node: Node | undefined, analysis: Analysis): Relation | undefined {
  const range = as('PartitionCmd', node)?.name
  return range === undefined ? undefined : findRelation(analysis, range)
}

// Every value that there is of the domain is checked; a domain over it is one too.
function checked(domain: number | undefined, analysis: Analysis): void {
  const { catalog } = analysis.environment
  const isOf = (oid: number): boolean => {
    if (oid === domain) return true
    const type = catalog.dataTypeByOid(oid)
    return type?.kind === 'd' && isOf(type.baseOid)
  }
  for (const relation of domain === undefined ? [] : catalog.userRelations()) {
    const names = relation.columns.filter(({ typeOid }) => isOf(typeOid)).map(({ name }) => name)
    if (names.length > 0) use(analysis, relation, names, 'predicate')
  }
}

function publish(
  name: string | undefined,
  all: boolean,
  objects: readonly Node[] | undefined,
  analysis: Analysis,
): void {
  const to = `subscribers of publication ${name}`
  const specs = (objects ?? []).map((node): PublicationObjSpec | undefined => as('PublicationObjSpec', node))
  if (all || specs.some((spec) => spec?.pubtable === undefined)) code(analysis, to)
  for (const spec of specs) {
    const range = spec?.pubtable?.relation
    const relation = range === undefined ? undefined : findRelation(analysis, range)
    if (relation === undefined) continue
    const columns = new Set((spec?.pubtable?.columns ?? []).map(stringOf))
    const published = relation.columns.filter((column) => columns.size === 0 || columns.has(column.name))
    const values = published.map((column) => sourceOf(analysis.environment.catalog, relation, column))
    analysis.copies.push({ from: { sources: values, plain: false, unknown: false }, to, at: range?.location ?? 0 })
  }
}

function leaves(relation: Relation, to: string, location: number, analysis: Analysis): void {
  const from = { sources: sources(relation, relation.columns), plain: false, unknown: false }
  analysis.copies.push({ from, to, at: location })
}

/** Without names: every column. */
function use(
  analysis: Analysis,
  relation: Relation,
  names: readonly string[] | undefined,
  position: UsePosition,
): void {
  const columns = columnsOf(analysis, relation).filter((one) => names === undefined || names.includes(one.name))
  for (const { value } of columns) analysis.use(value, position)
}

/** By name: fields of documents are masked wherever there is one. */
function sources(relation: Relation, columns: Relation['columns']): readonly SourceColumn[] {
  return columns.map(({ number, name }) => ({
    relationOid: relation.oid,
    relation: `${relation.schema}.${relation.name}`,
    number,
    column: name,
  }))
}
