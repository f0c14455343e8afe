// Which settings (GUCs) a session may change by itself. SET, set_config(), startup parameters, `options` and UPDATE of
// pg_settings all come here. A setting that is not listed is Admin: a new version's or an extension's setting may mean
// anything, and applications hang row-level security on settings of their own (`app.tenant`).

export type SettingClass =
  /** Changes how this session's answers look or how they are computed, and nothing that anyone relies on for safety. */
  | 'Session'
  /** Changes how text is read, so that the server might understand another statement than the one that was decided. */
  | 'Pinned'
  /** Changes what names mean: allowed, and followed. */
  | 'SearchPath'
  | 'Admin'

export function classifySetting(name: string): SettingClass {
  const folded = foldSetting(name)
  if (folded === 'search_path') return 'SearchPath'
  if (Object.hasOwn(PINNED, folded)) return 'Pinned'
  return sessionSettings().has(folded) ? 'Session' : 'Admin'
}

/** Names are case-insensitive (guc.c, guc_name_compare folds ASCII only), and three have an old second name. */
export function foldSetting(name: string): string {
  const folded = name.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
  return folded === 'names' ? 'client_encoding' : folded === 'time zone' ? 'timezone' : folded
}

/** The values that a pinned setting may be given: those that leave it as it is. Compared without case. */
export const PINNED: { readonly [name: string]: readonly string[] } = {
  client_encoding: ['utf8', 'utf-8', 'unicode'],
  standard_conforming_strings: ['on', 'true', 'yes', '1'],
  // Off and on change which backslashes end a string for clients in unsafe encodings.
  backslash_quote: ['safe_encoding'],
  // On turns `= NULL` into IS NULL while the statement is parsed.
  transform_null_equals: ['off', 'false', 'no', '0'],
}

export function isPinnedValue(name: string, value: string): boolean {
  const folded = foldSetting(name)
  return Object.hasOwn(PINNED, folded) && (PINNED[folded] ?? []).includes(value.trim().toLowerCase())
}

/** Reading these shows credentials or commands of the server to roles with pg_read_all_settings. */
export function holdsSecret(name: string): boolean {
  const folded = foldSetting(name)
  return SECRET.has(folded) || (folded.includes('.') && /secret|passw|token|credential|key/.test(folded))
}

const SECRET: ReadonlySet<string> = new Set([
  'primary_conninfo',
  'ssl_passphrase_command',
  'archive_command',
  'restore_command',
  'archive_cleanup_command',
  'recovery_end_command',
])

let session: ReadonlySet<string> | undefined

function sessionSettings(): ReadonlySet<string> {
  session ??= new Set(SESSION.flatMap(([, names]) => names.split(/\s+/)).filter((name) => name !== ''))
  return session
}

/** Why, and which. */
export const SESSION: readonly (readonly [string, string])[] = [
  [
    'How values are written and read; types and lexing stay as they are.',
    `datestyle intervalstyle timezone timezone_abbreviations bytea_output extra_float_digits xmlbinary xmloption
     lc_monetary lc_numeric lc_time array_nulls default_text_search_config quote_all_identifiers`,
  ],
  [
    'A name for the session, and how talkative the server is; notices are scrubbed while a mask is in force.',
    `application_name client_min_messages escape_string_warning operator_precedence_warning md5_password_warnings
     check_function_bodies icu_validation_level`,
  ],
  [
    'Time limits and sockets of this session.',
    `statement_timeout lock_timeout transaction_timeout idle_in_transaction_session_timeout idle_session_timeout
     client_connection_check_interval tcp_keepalives_count tcp_keepalives_idle tcp_keepalives_interval tcp_user_timeout`,
  ],
  [
    'Transactions: what BEGIN may say as well.',
    `default_transaction_isolation default_transaction_read_only default_transaction_deferrable transaction_isolation
     transaction_read_only transaction_deferrable synchronous_commit commit_siblings`,
  ],
  [
    'The planner: the same rows by another way.',
    `constraint_exclusion cpu_index_tuple_cost cpu_operator_cost cpu_tuple_cost cursor_tuple_fraction
     default_statistics_target effective_cache_size effective_io_concurrency enable_async_append enable_bitmapscan
     enable_distinct_reordering enable_gathermerge enable_group_by_reordering enable_hashagg enable_hashjoin
     enable_incremental_sort enable_indexonlyscan enable_indexscan enable_material enable_memoize enable_mergejoin
     enable_nestloop enable_parallel_append enable_parallel_hash enable_partition_pruning
     enable_partitionwise_aggregate enable_partitionwise_join enable_presorted_aggregate
     enable_self_join_elimination enable_seqscan enable_sort enable_tidscan from_collapse_limit geqo geqo_effort
     geqo_generations geqo_pool_size geqo_seed geqo_selection_bias geqo_threshold gin_fuzzy_search_limit jit
     jit_above_cost jit_expressions jit_inline_above_cost jit_optimize_above_cost jit_tuple_deforming
     join_collapse_limit max_parallel_maintenance_workers max_parallel_workers max_parallel_workers_per_gather
     min_parallel_index_scan_size min_parallel_table_scan_size parallel_leader_participation parallel_setup_cost
     parallel_tuple_cost plan_cache_mode random_page_cost recursive_worktable_factor seq_page_cost
     stats_fetch_consistency synchronize_seqscans seed`,
  ],
  [
    'Memory and input/output of this session.',
    `work_mem maintenance_work_mem hash_mem_multiplier temp_buffers logical_decoding_work_mem gin_pending_list_limit
     maintenance_io_concurrency io_combine_limit backend_flush_after wal_skip_threshold vacuum_buffer_usage_limit
     vacuum_cost_delay vacuum_cost_limit vacuum_cost_page_dirty vacuum_cost_page_hit vacuum_cost_page_miss`,
  ],
  [
    'Where and how new objects are stored, as CREATE may say itself. default_with_oids went in 12; clients still send it.',
    `default_tablespace temp_tablespaces default_table_access_method default_toast_compression default_with_oids
     restrict_nonsystem_relation_kind`,
  ],
  [
    'Reviewed extensions: how hard an approximate search tries.',
    `hnsw.ef_search hnsw.iterative_scan hnsw.max_scan_tuples hnsw.scan_mem_multiplier ivfflat.probes
     ivfflat.iterative_scan ivfflat.max_probes pg_trgm.similarity_threshold pg_trgm.word_similarity_threshold
     pg_trgm.strict_word_similarity_threshold`,
  ],
]
