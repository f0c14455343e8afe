// pg_catalog functions that tell structure, privileges and names: what drivers and ORMs ask.
import type { Family } from '../family.ts'

export const structure: readonly Family[] = [
  {
    why: 'Definitions, as the catalog holds them.',
    entry: { effect: 'Session' },
    names: `
      pg_get_viewdef pg_get_ruledef pg_get_triggerdef pg_get_indexdef pg_get_constraintdef pg_get_expr
      pg_get_functiondef pg_get_function_arg_default pg_get_function_arguments pg_get_function_identity_arguments
      pg_get_function_result pg_get_function_sqlbody pg_get_partkeydef pg_get_partition_constraintdef
      pg_get_statisticsobjdef pg_get_statisticsobjdef_columns pg_get_statisticsobjdef_expressions
      pg_get_serial_sequence pg_get_replica_identity_index pg_get_publication_tables pg_get_object_address
      pg_describe_object pg_identify_object pg_identify_object_as_address pg_get_userbyid pg_get_acl
      pg_get_catalog_foreign_keys format_type obj_description col_description shobj_description pg_basetype
      oidvectortypes pg_options_to_table pg_sequence_parameters pg_settings_get_flags`,
  },
  {
    why: 'Names to oids.',
    entry: { effect: 'Session' },
    names: `
      regclass to_regclass to_regcollation to_regnamespace to_regoper to_regoperator to_regproc to_regprocedure
      to_regrole to_regtype to_regtypemod`,
  },
  {
    why: 'Is it visible, permitted, updatable, of this property?',
    entry: { effect: 'Session' },
    names: `
      has_any_column_privilege has_column_privilege has_database_privilege has_foreign_data_wrapper_privilege
      has_function_privilege has_language_privilege has_largeobject_privilege has_parameter_privilege
      has_schema_privilege has_sequence_privilege has_server_privilege has_table_privilege has_tablespace_privilege
      has_type_privilege pg_has_role row_security_active pg_collation_is_visible pg_conversion_is_visible
      pg_function_is_visible pg_opclass_is_visible pg_operator_is_visible pg_opfamily_is_visible
      pg_statistics_obj_is_visible pg_table_is_visible pg_ts_config_is_visible pg_ts_dict_is_visible
      pg_ts_parser_is_visible pg_ts_template_is_visible pg_type_is_visible pg_is_other_temp_schema
      pg_column_is_updatable pg_relation_is_updatable pg_relation_is_publishable pg_index_column_has_property
      pg_index_has_property pg_indexam_has_property amvalidate btequalimage btvarstrequalimage
      satisfies_hash_partition gist_translate_cmptype_common aclexplode acldefault`,
  },
  {
    why: 'Partitions, files and places of relations.',
    entry: { effect: 'Session' },
    names: `
      pg_partition_ancestors pg_partition_root pg_partition_tree pg_filenode_relation pg_relation_filenode
      pg_relation_filepath pg_tablespace_databases pg_tablespace_location pg_tablespace_size`,
  },
  {
    why: 'Settings, extensions, time zones, keywords.',
    entry: { effect: 'Session' },
    names: `
      pg_show_all_settings pg_available_extensions pg_available_extension_versions pg_extension_update_paths
      pg_timezone_abbrevs pg_timezone_abbrevs_abbrevs pg_timezone_abbrevs_zone pg_timezone_names pg_get_keywords
      pg_get_wait_events pg_indexam_progress_phasename pg_collation_actual_version
      pg_database_collation_actual_version`,
  },
]
