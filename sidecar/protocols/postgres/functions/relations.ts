// The server's own relations: which tell structure, so that drivers and ORMs may ask them under any policy, and which
// hold column values, other sessions' text or secrets. One by one; a relation that is not listed is the second kind.
// Writing to any of them is Admin, and is not decided here (UPDATE of pg_settings runs set_config()).

import type { Relation } from '../catalog/model.ts'
import { FIRST_USER_OID } from '../catalog/rows.ts'

export interface RelationEntry {
  readonly effect: 'Session' | 'Admin'
  /** Denied while a mask is in force unless a rule names it. */
  readonly valueBearing: boolean
  /** Columns that make a statement value-bearing and Admin if it touches them (by name, `*` or as a whole row). */
  readonly valueColumns: readonly string[]
}

/** Undefined: an ordinary relation, to be judged by what it stands on. */
export function classifyRelation(
  relation: Pick<Relation, 'oid' | 'schema' | 'name' | 'extension'>,
): RelationEntry | undefined {
  const { schema, name, extension, oid } = relation
  if (schema === 'pg_toast' || schema.startsWith('pg_toast_')) return VALUES
  if (SYSTEM.has(schema)) return (oid < FIRST_USER_OID ? table().get(`${schema}.${name}`) : undefined) ?? VALUES
  return extension === undefined ? undefined : OF_EXTENSIONS.get(`${extension}.${name}`)
}

const SYSTEM: ReadonlySet<string> = new Set(['pg_catalog', 'information_schema'])
const STRUCTURE: RelationEntry = { effect: 'Session', valueBearing: false, valueColumns: [] }
const OTHERS: RelationEntry = { effect: 'Admin', valueBearing: false, valueColumns: [] }
const VALUES: RelationEntry = { effect: 'Admin', valueBearing: true, valueColumns: [] }

/** Views and tables that reviewed extensions bring. Those not listed are judged as ordinary relations. */
const OF_EXTENSIONS: ReadonlyMap<string, RelationEntry> = new Map([
  ['pg_stat_statements.pg_stat_statements', VALUES],
  ['pg_stat_statements.pg_stat_statements_info', STRUCTURE],
  ['pg_stat_monitor.pg_stat_monitor', VALUES],
  ['pg_qualstats.pg_qualstats', VALUES],
  ['pg_buffercache.pg_buffercache', OTHERS],
  ['pg_buffercache.pg_buffercache_numa', OTHERS],
  ['postgis.geometry_columns', STRUCTURE],
  ['postgis.geography_columns', STRUCTURE],
  ['postgis.spatial_ref_sys', STRUCTURE],
  ['postgis_raster.raster_columns', STRUCTURE],
  ['postgis_raster.raster_overviews', STRUCTURE],
])

export interface RelationFamily {
  readonly why: string
  readonly schema: 'pg_catalog' | 'information_schema'
  readonly entry: RelationEntry
  readonly names: string
}

let known: ReadonlyMap<string, RelationEntry> | undefined

function table(): ReadonlyMap<string, RelationEntry> {
  known ??= new Map(
    SYSTEM_RELATIONS.flatMap(({ schema, names, entry }) =>
      names
        .split(/\s+/)
        .filter((name) => name !== '')
        .map((name) => [`${schema}.${name}`, entry] as const),
    ),
  )
  return known
}

export const SYSTEM_RELATIONS: readonly RelationFamily[] = [
  {
    why: 'Relations, columns, types, routines, their definitions and privileges. Definitions hold the constants that their author wrote (defaults, checks, partition bounds), not column values.',
    schema: 'pg_catalog',
    entry: STRUCTURE,
    names: `
      pg_aggregate pg_am pg_amop pg_amproc pg_attrdef pg_attribute pg_cast pg_class pg_collation pg_constraint
      pg_conversion pg_default_acl pg_depend pg_description pg_enum pg_event_trigger pg_extension pg_index pg_indexes
      pg_inherits pg_init_privs pg_language pg_largeobject_metadata pg_matviews pg_namespace pg_opclass pg_operator
      pg_opfamily pg_partitioned_table pg_policies pg_policy pg_proc pg_publication pg_publication_namespace
      pg_publication_rel pg_publication_tables pg_range pg_rewrite pg_rules pg_seclabel pg_seclabels pg_sequence
      pg_shdepend pg_shdescription pg_shseclabel pg_statistic_ext pg_subscription_rel pg_tables pg_transform
      pg_trigger pg_ts_config pg_ts_config_map pg_ts_dict pg_ts_parser pg_ts_template pg_type pg_views`,
  },
  {
    why: 'The server: databases, extensions to be had, settings, time zones, wait events.',
    schema: 'pg_catalog',
    entry: STRUCTURE,
    names: `
      pg_available_extension_versions pg_available_extensions pg_database pg_parameter_acl pg_settings pg_tablespace
      pg_timezone_abbrevs pg_timezone_names pg_wait_events`,
  },
  {
    why: 'Roles, without passwords. What is set for a role may be a secret.',
    schema: 'pg_catalog',
    entry: { effect: 'Session', valueBearing: false, valueColumns: ['rolconfig', 'useconfig'] },
    names: 'pg_roles pg_user pg_group pg_auth_members',
  },
  {
    why: 'Sequences; how far they got is data.',
    schema: 'pg_catalog',
    entry: { effect: 'Session', valueBearing: false, valueColumns: ['last_value'] },
    names: 'pg_sequences',
  },
  {
    why: "This session's own statements and cursors.",
    schema: 'pg_catalog',
    entry: STRUCTURE,
    names: 'pg_cursors pg_prepared_statements',
  },
  {
    why: 'Counters: how often, how many, how long; never what.',
    schema: 'pg_catalog',
    entry: STRUCTURE,
    names: `
      pg_stat_all_indexes pg_stat_all_tables pg_stat_archiver pg_stat_bgwriter pg_stat_checkpointer pg_stat_database
      pg_stat_database_conflicts pg_stat_io pg_stat_progress_analyze pg_stat_progress_basebackup
      pg_stat_progress_cluster pg_stat_progress_copy pg_stat_progress_create_index pg_stat_progress_vacuum
      pg_stat_recovery_prefetch pg_stat_slru pg_stat_sys_indexes pg_stat_sys_tables pg_stat_user_functions
      pg_stat_user_indexes pg_stat_user_tables pg_stat_wal pg_stat_xact_all_tables pg_stat_xact_sys_tables
      pg_stat_xact_user_functions pg_stat_xact_user_tables pg_statio_all_indexes pg_statio_all_sequences
      pg_statio_all_tables pg_statio_sys_indexes pg_statio_sys_sequences pg_statio_sys_tables
      pg_statio_user_indexes pg_statio_user_sequences pg_statio_user_tables`,
  },
  {
    why: 'Samples of column values, and large objects.',
    schema: 'pg_catalog',
    entry: VALUES,
    names: 'pg_statistic pg_statistic_ext_data pg_stats pg_stats_ext pg_stats_ext_exprs pg_largeobject',
  },
  {
    why: 'Other sessions: statements, keys they lock, names they give to prepared transactions.',
    schema: 'pg_catalog',
    entry: VALUES,
    names: 'pg_stat_activity pg_locks pg_prepared_xacts',
  },
  {
    why: 'Passwords, connection strings, options that foreign data wrappers and settings keep secrets in.',
    schema: 'pg_catalog',
    entry: VALUES,
    names: `
      pg_authid pg_shadow pg_user_mapping pg_user_mappings pg_subscription pg_foreign_data_wrapper pg_foreign_server
      pg_foreign_table pg_db_role_setting pg_file_settings pg_hba_file_rules pg_ident_file_mappings
      pg_stat_wal_receiver`,
  },
  {
    why: 'Replication, other sessions without their text, memory and build of the server.',
    schema: 'pg_catalog',
    entry: OTHERS,
    names: `
      pg_aios pg_backend_memory_contexts pg_config pg_replication_origin pg_replication_origin_status
      pg_replication_slots pg_shmem_allocations pg_shmem_allocations_numa pg_stat_gssapi pg_stat_replication
      pg_stat_replication_slots pg_stat_ssl pg_stat_subscription pg_stat_subscription_stats`,
  },
  {
    why: "The SQL standard's views of structure and privileges.",
    schema: 'information_schema',
    entry: STRUCTURE,
    names: `
      administrable_role_authorizations applicable_roles attributes character_sets check_constraint_routine_usage
      check_constraints collation_character_set_applicability collations column_column_usage column_domain_usage
      column_privileges column_udt_usage columns constraint_column_usage constraint_table_usage data_type_privileges
      domain_constraints domain_udt_usage domains element_types enabled_roles foreign_data_wrappers foreign_servers
      foreign_tables information_schema_catalog_name key_column_usage parameters referential_constraints
      role_column_grants role_routine_grants role_table_grants role_udt_grants role_usage_grants
      routine_column_usage routine_privileges routine_routine_usage routine_sequence_usage routine_table_usage
      routines schemata sequences sql_features sql_implementation_info sql_parts sql_sizing table_constraints
      table_privileges tables transforms triggered_update_columns triggers udt_privileges usage_privileges
      user_defined_types user_mappings view_column_usage view_routine_usage view_table_usage views`,
  },
  {
    why: 'The same options of foreign data wrappers, servers, tables and user mappings as above.',
    schema: 'information_schema',
    entry: VALUES,
    names: `
      _pg_foreign_data_wrappers _pg_foreign_servers _pg_foreign_table_columns _pg_foreign_tables _pg_user_mappings
      column_options foreign_data_wrapper_options foreign_server_options foreign_table_options user_mapping_options`,
  },
]
