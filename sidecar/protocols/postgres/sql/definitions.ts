// Statements that define, change or drop things: what each is called and what it touches. All are Admin, except where
// the table says otherwise. A statement that is not in one of the tables is not understood.
import type { RangeVar } from 'libpg-query'
import type { Effect } from '#sidecar/action.ts'
import type { Analysis } from './analysis.ts'
import {
  about,
  kindOfObject,
  type Named,
  OF_RELATIONS,
  objectNamed,
  PLAIN_NAMES,
  plain,
  qualified,
  runs,
  wholeSchema,
} from './definition-names.ts'
import { dependents, inside, replaces } from './definition-reach.ts'
import { as, type Body, type Kind, namesOf, stringOf } from './node.ts'
import { NO_ROWS, type Outcome, type StatementHandlers } from './outcome.ts'
import { findRelation, resolve, wouldBe } from './relations.ts'
import { sweep } from './sweep.ts'

interface Defined {
  readonly verb: string
  readonly names: readonly (Named | undefined)[]
  readonly effect?: Effect
  readonly outsideTransaction?: boolean
  /** What depends on it goes too. */
  readonly cascades?: boolean
}

type Definitions = { readonly [K in Kind]?: (body: Body<K>, analysis: Analysis) => Defined }

const existing = (relation: RangeVar | undefined): Named | undefined =>
  relation === undefined ? undefined : { relation }
const made = (relation: RangeVar | undefined, kind: string): Named | undefined =>
  relation === undefined ? undefined : { relation, made: kind }

/** What opens the database to somebody, or changes what others' sessions mean: only a rule that names it opens it, as code. */
const ruled = (kind: string, name: string | undefined): Named => ({ kind, name, opaque: true })

const DEFINITIONS: Definitions = {
  CreateStmt: (body) => ({ verb: 'create', names: [made(body.relation, 'table')] }),
  CreateForeignTableStmt: (body) => ({
    verb: 'create',
    names: [made(body.base?.relation, 'foreignTable'), plain('server', body.servername)],
  }),
  ViewStmt: (body) => ({ verb: 'create', names: [made(body.view, 'view')] }),
  CreateSchemaStmt: (body, analysis) => {
    if ((body.schemaElts ?? []).length > 0)
      analysis.refuse('a CREATE SCHEMA that creates more; send each in a statement of its own')
    return { verb: 'create', names: [plain('schema', body.schemaname ?? body.authrole?.rolename)] }
  },
  CreateSeqStmt: (body) => ({ verb: 'create', names: [made(body.sequence, 'sequence')] }),
  CompositeTypeStmt: (body) => ({ verb: 'create', names: [made(body.typevar, 'type')] }),
  IndexStmt: (body) => ({
    verb: 'create',
    names: [plain('index', body.idxname ?? ''), existing(body.relation)],
    outsideTransaction: body.concurrent === true,
  }),
  CreateFunctionStmt: (body) => ({ verb: 'create', names: [qualified('function', body.funcname)] }),
  CreateTrigStmt: (body) => ({
    verb: 'create',
    names: [plain('trigger', body.trigname), existing(body.relation), runs(body.funcname)],
  }),
  CreateEventTrigStmt: (body) => ({
    verb: 'create',
    names: [plain('eventTrigger', body.trigname), runs(body.funcname)],
  }),
  CreatePolicyStmt: (body) => ({ verb: 'create', names: [plain('policy', body.policy_name), existing(body.table)] }),
  RuleStmt: (body) => ({ verb: 'create', names: [plain('rule', body.rulename), existing(body.relation)] }),
  CreateExtensionStmt: (body) => ({ verb: 'create', names: [plain('extension', body.extname)] }),
  CreateDomainStmt: (body) => ({ verb: 'create', names: [qualified('type', body.domainname)] }),
  CreateEnumStmt: (body) => ({ verb: 'create', names: [qualified('type', body.typeName)] }),
  CreateRangeStmt: (body) => ({ verb: 'create', names: [qualified('type', body.typeName)] }),
  DefineStmt: (body) => ({ verb: 'create', names: [qualified(kindOfObject(body.kind), body.defnames)] }),
  CreateStatsStmt: (body) => ({
    verb: 'create',
    names: [qualified('statistics', body.defnames), existing(as('RangeVar', body.relations?.[0]))],
  }),
  CreateRoleStmt: (body) => ({ verb: 'create', names: [ruled('role', body.role)] }),
  CreatedbStmt: (body) => ({ verb: 'create', names: [plain('database', body.dbname)], outsideTransaction: true }),
  CreateTableSpaceStmt: (body) => ({
    verb: 'create',
    names: [plain('tablespace', body.tablespacename)],
    outsideTransaction: true,
  }),
  CreateFdwStmt: (body) => ({ verb: 'create', names: [plain('foreignDataWrapper', body.fdwname)] }),
  CreateForeignServerStmt: (body) => ({ verb: 'create', names: [plain('server', body.servername)] }),
  CreateUserMappingStmt: (body) => ({ verb: 'create', names: [plain('server', body.servername)] }),
  CreateAmStmt: (body) => ({ verb: 'create', names: [plain('accessMethod', body.amname)] }),
  CreatePLangStmt: (body) => ({ verb: 'create', names: [plain('language', body.plname)] }),
  CreateOpClassStmt: (body) => ({ verb: 'create', names: [qualified('operatorClass', body.opclassname)] }),
  CreateOpFamilyStmt: (body) => ({ verb: 'create', names: [qualified('operatorFamily', body.opfamilyname)] }),
  CreateConversionStmt: (body) => ({ verb: 'create', names: [qualified('conversion', body.conversion_name)] }),
  CreateCastStmt: (body) => ({
    verb: 'create',
    names: [qualified('cast', body.targettype?.names), ...(body.func === undefined ? [] : [runs(body.func.objname)])],
  }),
  CreateTransformStmt: (body) => ({ verb: 'create', names: [qualified('type', body.type_name?.names)] }),
  CreatePublicationStmt: (body) => ({ verb: 'create', names: [plain('publication', body.pubname)] }),
  CreateSubscriptionStmt: (body) => ({
    verb: 'create',
    names: [plain('subscription', body.subname)],
    outsideTransaction: true,
  }),
  ImportForeignSchemaStmt: (body) => ({
    verb: 'import',
    names: [plain('schema', body.local_schema), plain('server', body.server_name)],
  }),

  AlterTableStmt: (body) => ({ verb: 'alter', names: [existing(body.relation)] }),
  AlterSeqStmt: (body) => ({ verb: 'alter', names: [existing(body.sequence)] }),
  AlterFunctionStmt: (body) => ({ verb: 'alter', names: [qualified('function', body.func?.objname)] }),
  AlterDomainStmt: (body) => ({ verb: 'alter', names: [qualified('type', body.typeName)] }),
  AlterTypeStmt: (body) => ({ verb: 'alter', names: [qualified('type', body.typeName)] }),
  AlterEnumStmt: (body) => ({
    verb: 'alter',
    names: [qualified('type', body.typeName)],
  }),
  AlterPolicyStmt: (body) => ({ verb: 'alter', names: [plain('policy', body.policy_name), existing(body.table)] }),
  AlterEventTrigStmt: (body) => ({ verb: 'alter', names: [plain('eventTrigger', body.trigname)] }),
  AlterExtensionStmt: (body) => ({ verb: 'alter', names: [plain('extension', body.extname)] }),
  AlterExtensionContentsStmt: (body) => ({ verb: 'alter', names: [plain('extension', body.extname)] }),
  AlterRoleStmt: (body, analysis) => {
    const role = body.role?.rolename
    if (role === undefined || role === analysis.environment.user)
      analysis.refuse(
        'a change of the role that the gateway itself logs in as; whoever manages its credential does that',
      )
    return { verb: 'alter', names: [ruled('role', role ?? 'current')] }
  },
  AlterRoleSetStmt: (body) => ({ verb: 'alter', names: [ruled('role', body.role?.rolename ?? 'all')] }),
  AlterDatabaseStmt: (body) => ({ verb: 'alter', names: [plain('database', body.dbname)] }),
  AlterDatabaseSetStmt: (body) => ({ verb: 'alter', names: [ruled('database', body.dbname)] }),
  AlterDatabaseRefreshCollStmt: (body) => ({ verb: 'alter', names: [plain('database', body.dbname)] }),
  AlterSystemStmt: () => ({ verb: 'alter', names: [ruled('system', 'system')], outsideTransaction: true }),
  AlterTableSpaceOptionsStmt: (body) => ({ verb: 'alter', names: [plain('tablespace', body.tablespacename)] }),
  AlterTableMoveAllStmt: (body) => ({ verb: 'alter', names: [plain('tablespace', body.orig_tablespacename)] }),
  AlterFdwStmt: (body) => ({ verb: 'alter', names: [plain('foreignDataWrapper', body.fdwname)] }),
  AlterForeignServerStmt: (body) => ({ verb: 'alter', names: [plain('server', body.servername)] }),
  AlterUserMappingStmt: (body) => ({ verb: 'alter', names: [plain('server', body.servername)] }),
  AlterCollationStmt: (body) => ({ verb: 'alter', names: [qualified('collation', body.collname)] }),
  AlterOperatorStmt: (body) => ({ verb: 'alter', names: [qualified('operator', body.opername?.objname)] }),
  AlterOpFamilyStmt: (body) => ({ verb: 'alter', names: [qualified('operatorFamily', body.opfamilyname)] }),
  AlterStatsStmt: (body) => ({ verb: 'alter', names: [qualified('statistics', body.defnames)] }),
  AlterTSDictionaryStmt: (body) => ({ verb: 'alter', names: [qualified('textSearchDictionary', body.dictname)] }),
  AlterTSConfigurationStmt: (body) => ({ verb: 'alter', names: [qualified('textSearchConfiguration', body.cfgname)] }),
  AlterPublicationStmt: (body) => ({ verb: 'alter', names: [plain('publication', body.pubname)] }),
  AlterSubscriptionStmt: (body) => ({ verb: 'alter', names: [plain('subscription', body.subname)] }),
  AlterDefaultPrivilegesStmt: (body) => ({
    verb: body.action?.is_grant === true ? 'grant' : 'revoke',
    names: [plain('defaultPrivileges', 'default')],
  }),
  AlterOwnerStmt: (body) => ({ verb: 'alter', names: about(body.objectType, body.relation, body.object) }),
  AlterObjectSchemaStmt: (body, analysis) => {
    moved(body.relation, `${body.newschema}.${body.relation?.relname}`, analysis)
    return {
      verb: 'alter',
      names: [...about(body.objectType, body.relation, body.object), plain('schema', body.newschema)],
    }
  },
  AlterObjectDependsStmt: (body) => ({ verb: 'alter', names: about(body.objectType, body.relation, body.object) }),
  RenameStmt: (body, analysis) => {
    // Whoever calls the new name runs it, without anybody's asking.
    if (ROUTINES.has(body.renameType ?? '')) {
      const schema = namesOf(as('ObjectWithArgs', body.object)?.objname).slice(0, -1)
      part(
        { verb: 'create', names: [] },
        'Admin',
        { kind: 'function', name: [...schema, body.newname ?? ''], opaque: true },
        analysis,
      )
    }
    if (body.renameType === 'OBJECT_SCHEMA') {
      // Its tables have other names from then on.
      movedSchema(body.subname ?? '', body.newname ?? '', analysis)
      return { verb: 'alter', names: [wholeSchema(body.subname)] }
    }
    if (body.renameType === 'OBJECT_COLUMN') moved(body.relation, `column ${body.newname}`, analysis, body.subname)
    else if (!OF_RELATIONS.has(body.renameType ?? '')) moved(body.relation, body.newname ?? '', analysis)
    const named = about(body.renameType, body.relation, body.object)
    const direct = PLAIN_NAMES[body.renameType ?? '']
    return { verb: 'alter', names: direct === undefined ? named : [plain(direct, body.subname)] }
  },

  DropStmt: (body) => ({
    verb: 'drop',
    names: (body.objects ?? []).map((node) => objectNamed(body.removeType, node)),
    cascades: body.behavior === 'DROP_CASCADE',
    outsideTransaction: body.concurrent === true,
  }),
  DropdbStmt: (body) => ({ verb: 'drop', names: [plain('database', body.dbname)], outsideTransaction: true }),
  DropRoleStmt: (body) => ({
    verb: 'drop',
    names: (body.roles ?? []).map((node) => plain('role', as('RoleSpec', node)?.rolename)),
  }),
  DropOwnedStmt: (body) => ({
    verb: 'drop',
    names: (body.roles ?? []).map((node) => plain('role', as('RoleSpec', node)?.rolename ?? 'current')),
  }),
  DropTableSpaceStmt: (body) => ({
    verb: 'drop',
    names: [plain('tablespace', body.tablespacename)],
    outsideTransaction: true,
  }),
  DropUserMappingStmt: (body) => ({ verb: 'drop', names: [plain('server', body.servername)] }),
  DropSubscriptionStmt: (body) => ({
    verb: 'drop',
    names: [plain('subscription', body.subname)],
    outsideTransaction: true,
  }),
  ReassignOwnedStmt: (body) => ({
    verb: 'reassign',
    names: (body.roles ?? []).map((node) => plain('role', as('RoleSpec', node)?.rolename ?? 'current')),
  }),

  GrantStmt: (body) => ({
    verb: body.is_grant === true ? 'grant' : 'revoke',
    names:
      body.targtype === 'ACL_TARGET_ALL_IN_SCHEMA'
        ? (body.objects ?? []).map((node) => wholeSchema(stringOf(node)))
        : (body.objects ?? []).map((node) => objectNamed(body.objtype, node)),
  }),
  GrantRoleStmt: (body) => ({
    verb: body.is_grant === true ? 'grant' : 'revoke',
    names: (body.granted_roles ?? []).map((node) => plain('role', as('AccessPriv', node)?.priv_name)),
  }),
  CommentStmt: (body) => ({ verb: 'comment', names: [body.object && objectNamed(body.objtype, body.object)] }),
  SecLabelStmt: (body) => ({ verb: 'label', names: [body.object && objectNamed(body.objtype, body.object)] }),

  VacuumStmt: (body) => ({
    verb: body.is_vacuumcmd === true ? 'vacuum' : 'analyze',
    names: (body.rels ?? []).map((node) => existing(as('VacuumRelation', node)?.relation)),
    outsideTransaction: body.is_vacuumcmd === true,
  }),
  ClusterStmt: (body) => ({
    verb: 'cluster',
    names: [existing(body.relation)],
    outsideTransaction: body.relation === undefined,
  }),
  ReindexStmt: (body) => ({
    verb: 'reindex',
    names: [
      existing(body.relation) ?? plain(body.kind === 'REINDEX_OBJECT_SCHEMA' ? 'schema' : 'database', body.name ?? ''),
    ],
    outsideTransaction: body.relation === undefined,
  }),
  CheckPointStmt: () => ({ verb: 'checkpoint', names: [] }),
  LoadStmt: (body) => ({ verb: 'load', names: [{ ...plain('file', body.filename), opaque: true }] }),
}

export const DEFINITION_STATEMENTS: StatementHandlers = Object.fromEntries(
  Object.entries(DEFINITIONS).map(([kind, describe]) => [
    kind,
    (body: object, analysis: Analysis): Outcome =>
      define(kind, (describe as (body: object, analysis: Analysis) => Defined)(body, analysis), body, analysis),
  ]),
)

function define(kind: string, defined: Defined, body: object, analysis: Analysis): Outcome {
  const effect = defined.effect ?? 'Admin'
  let any = false
  for (const named of defined.names) {
    if (named === undefined) continue
    any = true
    part(defined, effect, named, analysis)
  }
  if (!any) analysis.part(defined.verb, effect)
  analysis.changes.push({ kind: 'ddl' })
  sweep(kind, body, relationOf(defined.names), analysis)
  return {
    verb: defined.verb,
    outputs: NO_ROWS,
    ...(defined.outsideTransaction === true ? { outsideTransaction: true } : {}),
  }
}

function relationOf(names: readonly (Named | undefined)[]): RangeVar | undefined {
  for (const named of names)
    if (named !== undefined && 'relation' in named && named.made === undefined) return named.relation
  return undefined
}

function part({ verb, cascades = false }: Defined, effect: Effect, named: Named, analysis: Analysis): void {
  if (!('relation' in named)) {
    const name = typeof named.name === 'object' ? named.name.join('.') : (named.name ?? '')
    const object = { kind: named.kind, name: inSchema(named, name, analysis) }
    const opaque = named.opaque === true || (verb === 'create' && replaces(object, analysis))
    const whole = named.whole === true || (cascades && object.kind === 'schema')
    const covers = whole ? inside(object.name, analysis) : []
    analysis.part(verb, effect, object, opaque ? { opaque: true, covers } : { covers })
    return
  }
  analysis.mentioned.add(named.relation)
  analysis.visited.add(named.relation)
  if (named.made === undefined) {
    const target = resolve(analysis, named.relation)
    analysis.tables.add(target.object.name)
    const covers = cascades ? [...target.covers, ...dependents(target.object, analysis)] : target.covers
    analysis.part(verb, effect, target.object, { covers })
    return
  }
  analysis.part(verb, effect, { kind: named.made, name: wouldBe(analysis, named.relation) })
}

// Unqualified names of things in schemas are shown with the schema they would be in or are found in.
function inSchema(named: { readonly kind: string; readonly name: unknown }, name: string, analysis: Analysis): string {
  if (!Array.isArray(named.name) || named.name.length !== 1) return name
  const { catalog, path } = analysis.environment
  const own = String(named.name[0])
  const found = path.find((schema) =>
    named.kind === 'function'
      ? catalog.routines(schema, own).length > 0
      : named.kind === 'type'
        ? catalog.dataType(schema, own) !== undefined
        : false,
  )
  return `${found ?? wouldBe(analysis, { relname: '' }).slice(0, -1)}.${own}`
}

// Masks go by name: what a rename or a move takes out of their patterns is a copy to the new name.
function moved(range: RangeVar | undefined, to: string, analysis: Analysis, column?: string): void {
  const relation = range === undefined ? undefined : findRelation(analysis, range)
  if (relation === undefined) return
  const sources = relation.columns
    .filter((one) => column === undefined || one.name === column)
    .map((one) => ({
      relationOid: relation.oid,
      relation: `${relation.schema}.${relation.name}`,
      number: one.number,
      column: one.name,
    }))
  analysis.copies.push({ from: { sources, plain: false, unknown: false }, to, at: range?.location ?? 0 })
}

function movedSchema(schema: string, to: string, analysis: Analysis): void {
  for (const relation of analysis.environment.catalog.userRelations()) {
    if (relation.schema === schema) moved({ schemaname: schema, relname: relation.name }, `schema ${to}`, analysis)
  }
}

const ROUTINES = new Set(['OBJECT_FUNCTION', 'OBJECT_PROCEDURE', 'OBJECT_ROUTINE', 'OBJECT_AGGREGATE'])
