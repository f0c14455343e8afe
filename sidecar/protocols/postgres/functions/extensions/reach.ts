// Reviewed extensions that reach beyond their arguments: other tables, other servers, files, everybody's statements.
import type { Family } from '../family.ts'

export const reach: { readonly [extension: string]: readonly Family[] } = {
  adminpack: [
    {
      why: 'Writes server files.',
      entry: { effect: 'Admin', leaks: true, names: { argument: 0, kind: 'file', access: 'Write', rows: false } },
      names: `
        pg_file_write`,
    },
    {
      why: 'Moves, removes and lists server files.',
      entry: { effect: 'Admin' },
      names: `
        pg_file_rename pg_file_sync pg_file_unlink pg_logdir_ls`,
    },
  ],
  amcheck: [
    {
      why: 'Checks tables and indexes; index expressions run.',
      entry: { effect: 'Admin' },
      names: `
        bt_index_check bt_index_parent_check gin_index_check verify_heapam`,
    },
  ],
  dblink: [
    {
      why: "Connections of the server's own, also to itself, that no policy sees.",
      names: `
        dblink dblink_build_sql_delete dblink_build_sql_insert dblink_build_sql_update dblink_cancel_query
        dblink_close dblink_connect dblink_connect_u dblink_current_query dblink_disconnect dblink_error_message
        dblink_exec dblink_fdw_validator dblink_fetch dblink_get_connections dblink_get_notify dblink_get_pkey
        dblink_get_result dblink_is_busy dblink_open dblink_send_query`,
    },
  ],
  file_fdw: [
    {
      why: 'Validates options while they are defined.',
      names: `
        file_fdw_validator`,
    },
  ],
  old_snapshot: [
    {
      why: 'Old snapshots.',
      entry: { effect: 'Admin' },
      names: `
        pg_old_snapshot_time_mapping`,
    },
  ],
  pageinspect: [
    {
      why: 'Raw pages hold every value, also deleted ones.',
      entry: { effect: 'Admin', valueBearing: true },
      names: `
        brin_metapage_info brin_page_items brin_page_type brin_revmap_data bt_metap bt_multi_page_stats bt_page_items
        bt_page_stats fsm_page_contents get_raw_page gin_leafpage_items gin_metapage_info gin_page_opaque_info
        gist_page_items gist_page_items_bytea gist_page_opaque_info hash_bitmap_info hash_metapage_info
        hash_page_items hash_page_stats hash_page_type heap_page_item_attrs heap_page_items heap_tuple_infomask_flags
        page_checksum page_header tuple_data_split`,
    },
  ],
  pg_buffercache: [
    {
      why: 'Shared memory.',
      entry: { effect: 'Admin' },
      names: `
        pg_buffercache_evict pg_buffercache_evict_all pg_buffercache_evict_relation pg_buffercache_numa_pages
        pg_buffercache_pages pg_buffercache_summary pg_buffercache_usage_counts`,
    },
  ],
  pg_freespacemap: [
    {
      why: 'Free space in files.',
      entry: { effect: 'Admin' },
      names: `
        pg_freespace`,
    },
  ],
  pg_logicalinspect: [
    {
      why: 'Files of logical decoding.',
      entry: { effect: 'Admin' },
      names: `
        pg_get_logical_snapshot_info pg_get_logical_snapshot_meta`,
    },
  ],
  pg_prewarm: [
    {
      why: 'Fills shared memory.',
      entry: { effect: 'Admin' },
      names: `
        autoprewarm_dump_now autoprewarm_start_worker pg_prewarm`,
    },
  ],
  pg_stat_statements: [
    {
      why: "Everybody's statements.",
      entry: { effect: 'Admin', valueBearing: true },
      names: `
        pg_stat_statements`,
    },
    {
      why: 'How many were forgotten.',
      entry: { effect: 'Session' },
      names: `
        pg_stat_statements_info`,
    },
    {
      why: 'Forgets them.',
      entry: { effect: 'Admin' },
      names: `
        pg_stat_statements_reset`,
    },
  ],
  pg_surgery: [
    {
      why: 'Kills rows.',
      entry: { effect: 'Admin' },
      names: `
        heap_force_freeze heap_force_kill`,
    },
  ],
  pg_visibility: [
    {
      why: 'Visibility maps, which it can also cut.',
      entry: { effect: 'Admin' },
      names: `
        pg_check_frozen pg_check_visible pg_truncate_visibility_map pg_visibility pg_visibility_map
        pg_visibility_map_summary`,
    },
  ],
  pg_walinspect: [
    {
      why: 'The log holds every changed row.',
      entry: { effect: 'Admin', valueBearing: true },
      names: `
        pg_get_wal_block_info pg_get_wal_record_info pg_get_wal_records_info pg_get_wal_records_info_till_end_of_wal
        pg_get_wal_stats pg_get_wal_stats_till_end_of_wal`,
    },
  ],
  pgrowlocks: [
    {
      why: 'Who locks which row.',
      entry: { effect: 'Admin' },
      names: `
        pgrowlocks`,
    },
  ],
  pgstattuple: [
    {
      why: 'Reads whole tables to count.',
      entry: { effect: 'Admin' },
      names: `
        pg_relpages pgstatginindex pgstathashindex pgstatindex pgstattuple pgstattuple_approx`,
    },
  ],
  postgres_fdw: [
    {
      why: 'Validates options while they are defined.',
      names: `
        postgres_fdw_validator`,
    },
    {
      why: 'Connections of this session to foreign servers.',
      entry: { effect: 'Session' },
      names: `
        postgres_fdw_disconnect postgres_fdw_disconnect_all postgres_fdw_get_connections`,
    },
  ],
  sslinfo: [
    {
      why: 'About the connection between gateway and server.',
      entry: { effect: 'Session' },
      names: `
        ssl_cipher ssl_client_cert_present ssl_client_dn ssl_client_dn_field ssl_client_serial ssl_extension_info
        ssl_is_used ssl_issuer_dn ssl_issuer_field ssl_version`,
    },
  ],
  tablefunc: [
    {
      why: 'Runs SQL text; with two texts it runs both, which is opaque.',
      entry: { effect: 'Read', names: { argument: 0, kind: 'query', access: 'Read', rows: true } },
      names: `
        crosstab/1 crosstab2 crosstab3 crosstab4`,
    },
    {
      why: 'Build SQL from pieces of text, or run two texts.',
      names: `
        crosstab connectby`,
    },
    {
      why: 'Numbers by chance.',
      entry: { effect: 'Read', pure: true },
      names: `
        normal_rand`,
    },
  ],
  xml2: [
    {
      why: 'Builds SQL from pieces of text; style sheets fetch documents.',
      names: `
        xpath_table xslt_process`,
    },
    {
      why: 'Paths in a document.',
      entry: { effect: 'Read', pure: true },
      names: `
        xml_encode_special_chars xml_valid xpath_bool xpath_list xpath_nodeset xpath_number xpath_string`,
    },
  ],
}
