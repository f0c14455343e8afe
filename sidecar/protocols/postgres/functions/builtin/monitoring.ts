// pg_catalog functions that show what others do. Those that can show a statement, a row or a secret are value-bearing.
import type { Family } from '../family.ts'

export const monitoring: readonly Family[] = [
  {
    why: 'Changed rows of every table, decoded.',
    entry: { effect: 'Admin', valueBearing: true },
    names: `
      pg_logical_slot_get_binary_changes pg_logical_slot_get_changes pg_logical_slot_peek_binary_changes
      pg_logical_slot_peek_changes`,
  },
  {
    why: 'Other sessions: statements, keys they lock, names they give to prepared transactions, connection strings.',
    entry: { effect: 'Admin', valueBearing: true },
    names: `
      pg_stat_get_activity pg_stat_get_backend_activity pg_lock_status pg_prepared_xact pg_stat_get_wal_receiver
      pg_stat_get_subscription pg_get_replication_slots pg_show_replication_origin_status`,
  },
  {
    why: 'Samples of column values.',
    entry: { effect: 'Admin', valueBearing: true },
    names: `
      pg_mcv_list_items pg_mcv_list_out pg_mcv_list_in pg_mcv_list_send`,
  },
  {
    why: 'Files of configuration and their secrets.',
    entry: { effect: 'Admin', valueBearing: true },
    names: `
      pg_hba_file_rules pg_ident_file_mappings pg_show_all_file_settings`,
  },
  {
    why: 'Other sessions, without their text.',
    entry: { effect: 'Admin' },
    names: `
      pg_stat_get_backend_activity_start pg_stat_get_backend_client_addr pg_stat_get_backend_client_port
      pg_stat_get_backend_dbid pg_stat_get_backend_idset pg_stat_get_backend_io pg_stat_get_backend_pid
      pg_stat_get_backend_start pg_stat_get_backend_subxact pg_stat_get_backend_userid pg_stat_get_backend_wait_event
      pg_stat_get_backend_wait_event_type pg_stat_get_backend_wal pg_stat_get_backend_xact_start
      pg_stat_get_wal_senders pg_stat_get_replication_slot pg_isolation_test_session_is_blocked`,
  },
  {
    why: "The server's files, memory and build.",
    entry: { effect: 'Admin' },
    names: `
      pg_ls_archive_statusdir pg_ls_logdir pg_ls_logicalmapdir pg_ls_logicalsnapdir pg_ls_summariesdir pg_ls_tmpdir
      pg_ls_waldir pg_config pg_control_checkpoint pg_control_init pg_control_recovery pg_control_system
      pg_current_logfile pg_get_shmem_allocations pg_get_shmem_allocations_numa pg_get_backend_memory_contexts
      pg_get_aios pg_get_loaded_modules pg_available_wal_summaries pg_wal_summary_contents pg_get_wal_summarizer_state
      pg_get_multixact_members pg_get_wal_resource_managers`,
  },
  {
    why: 'Counters: how often, how many, how long; never what.',
    entry: { effect: 'Session' },
    names: `
      pg_stat_get_analyze_count pg_stat_get_archiver pg_stat_get_autoanalyze_count pg_stat_get_autovacuum_count
      pg_stat_get_bgwriter_buf_written_checkpoints pg_stat_get_bgwriter_buf_written_clean
      pg_stat_get_bgwriter_maxwritten_clean pg_stat_get_bgwriter_requested_checkpoints
      pg_stat_get_bgwriter_stat_reset_time pg_stat_get_bgwriter_timed_checkpoints pg_stat_get_blocks_fetched
      pg_stat_get_blocks_hit pg_stat_get_buf_alloc pg_stat_get_buf_fsync_backend pg_stat_get_buf_written_backend
      pg_stat_get_checkpoint_sync_time pg_stat_get_checkpoint_write_time pg_stat_get_checkpointer_buffers_written
      pg_stat_get_checkpointer_num_performed pg_stat_get_checkpointer_num_requested pg_stat_get_checkpointer_num_timed
      pg_stat_get_checkpointer_restartpoints_performed pg_stat_get_checkpointer_restartpoints_requested
      pg_stat_get_checkpointer_restartpoints_timed pg_stat_get_checkpointer_slru_written
      pg_stat_get_checkpointer_stat_reset_time pg_stat_get_checkpointer_sync_time pg_stat_get_checkpointer_write_time
      pg_stat_get_db_active_time pg_stat_get_db_blk_read_time pg_stat_get_db_blk_write_time
      pg_stat_get_db_blocks_fetched pg_stat_get_db_blocks_hit pg_stat_get_db_checksum_failures
      pg_stat_get_db_checksum_last_failure pg_stat_get_db_conflict_all pg_stat_get_db_conflict_bufferpin
      pg_stat_get_db_conflict_lock pg_stat_get_db_conflict_logicalslot pg_stat_get_db_conflict_snapshot
      pg_stat_get_db_conflict_startup_deadlock pg_stat_get_db_conflict_tablespace pg_stat_get_db_deadlocks
      pg_stat_get_db_idle_in_transaction_time pg_stat_get_db_numbackends pg_stat_get_db_parallel_workers_launched
      pg_stat_get_db_parallel_workers_to_launch pg_stat_get_db_session_time pg_stat_get_db_sessions
      pg_stat_get_db_sessions_abandoned pg_stat_get_db_sessions_fatal pg_stat_get_db_sessions_killed
      pg_stat_get_db_stat_reset_time pg_stat_get_db_temp_bytes pg_stat_get_db_temp_files pg_stat_get_db_tuples_deleted
      pg_stat_get_db_tuples_fetched pg_stat_get_db_tuples_inserted pg_stat_get_db_tuples_returned
      pg_stat_get_db_tuples_updated pg_stat_get_db_xact_commit pg_stat_get_db_xact_rollback pg_stat_get_dead_tuples
      pg_stat_get_function_calls pg_stat_get_function_self_time pg_stat_get_function_total_time
      pg_stat_get_ins_since_vacuum pg_stat_get_io pg_stat_get_last_analyze_time pg_stat_get_last_autoanalyze_time
      pg_stat_get_last_autovacuum_time pg_stat_get_last_vacuum_time pg_stat_get_lastscan pg_stat_get_live_tuples
      pg_stat_get_mod_since_analyze pg_stat_get_numscans pg_stat_get_progress_info pg_stat_get_recovery_prefetch
      pg_stat_get_slru pg_stat_get_snapshot_timestamp pg_stat_get_subscription_stats pg_stat_get_total_analyze_time
      pg_stat_get_total_autoanalyze_time pg_stat_get_total_autovacuum_time pg_stat_get_total_vacuum_time
      pg_stat_get_tuples_deleted pg_stat_get_tuples_fetched pg_stat_get_tuples_hot_updated pg_stat_get_tuples_inserted
      pg_stat_get_tuples_newpage_updated pg_stat_get_tuples_returned pg_stat_get_tuples_updated
      pg_stat_get_vacuum_count pg_stat_get_wal pg_stat_get_xact_blocks_fetched pg_stat_get_xact_blocks_hit
      pg_stat_get_xact_function_calls pg_stat_get_xact_function_self_time pg_stat_get_xact_function_total_time
      pg_stat_get_xact_numscans pg_stat_get_xact_tuples_deleted pg_stat_get_xact_tuples_fetched
      pg_stat_get_xact_tuples_hot_updated pg_stat_get_xact_tuples_inserted pg_stat_get_xact_tuples_newpage_updated
      pg_stat_get_xact_tuples_returned pg_stat_get_xact_tuples_updated pg_stat_have_stats pg_stat_clear_snapshot
      pg_stat_force_next_flush`,
  },
]
