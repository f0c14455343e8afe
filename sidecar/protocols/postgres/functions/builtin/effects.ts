// pg_catalog functions that reach beyond the session: other sessions, the server, replicas.
import type { Family } from '../family.ts'

export const effects: readonly Family[] = [
  {
    why: 'Other sessions receive the payload.',
    entry: { effect: 'Write', leaks: true },
    names: `
      pg_notify`,
  },
  {
    why: 'Block other sessions; the key shows in pg_locks.',
    entry: { effect: 'Write', leaks: true },
    names: `
      pg_advisory_lock pg_advisory_lock_shared pg_advisory_xact_lock pg_advisory_xact_lock_shared pg_try_advisory_lock
      pg_try_advisory_lock_shared pg_try_advisory_xact_lock pg_try_advisory_xact_lock_shared`,
  },
  {
    why: 'Let go of what this session holds.',
    entry: { effect: 'Session', leaks: true },
    names: `
      pg_advisory_unlock pg_advisory_unlock_shared`,
  },
  {
    why: 'The same, without an argument.',
    entry: { effect: 'Session' },
    names: `
      pg_advisory_unlock_all`,
  },
  {
    why: 'What they are given comes out again as time or as the next random numbers.',
    entry: { effect: 'Session', leaks: true },
    names: `
      pg_sleep pg_sleep_for pg_sleep_until setseed`,
  },
  {
    why: 'Another session may adopt the snapshot.',
    entry: { effect: 'Session' },
    names: `
      pg_export_snapshot`,
  },
  {
    why: 'Written to the log that replicas and decoders read.',
    entry: { effect: 'Admin', leaks: true },
    names: `
      pg_logical_emit_message`,
  },
  {
    why: 'End or interrupt other sessions, or make them log.',
    entry: { effect: 'Admin' },
    names: `
      pg_cancel_backend pg_terminate_backend pg_log_backend_memory_contexts`,
  },
  {
    why: 'Run the server.',
    entry: { effect: 'Admin' },
    names: `
      pg_reload_conf pg_rotate_logfile pg_rotate_logfile_old pg_switch_wal pg_create_restore_point pg_start_backup
      pg_stop_backup pg_backup_start pg_backup_stop pg_is_in_backup pg_backup_start_time pg_promote
      pg_wal_replay_pause pg_wal_replay_resume pg_log_standby_snapshot pg_import_system_collations`,
  },
  {
    why: 'Replication slots and origins; changing a slot withholds or discards log that consumers need.',
    entry: { effect: 'Admin' },
    names: `
      pg_copy_logical_replication_slot pg_copy_physical_replication_slot pg_create_logical_replication_slot
      pg_create_physical_replication_slot pg_drop_replication_slot pg_replication_slot_advance
      pg_sync_replication_slots pg_replication_origin_advance pg_replication_origin_create pg_replication_origin_drop
      pg_replication_origin_oid pg_replication_origin_progress pg_replication_origin_session_is_setup
      pg_replication_origin_session_progress pg_replication_origin_session_reset pg_replication_origin_session_setup
      pg_replication_origin_xact_reset pg_replication_origin_xact_setup`,
  },
  {
    why: 'Overwrite statistics.',
    entry: { effect: 'Admin', leaks: true },
    names: `
      pg_clear_attribute_stats pg_clear_relation_stats pg_restore_attribute_stats pg_restore_relation_stats`,
  },
  {
    why: 'Reset counters of everybody.',
    entry: { effect: 'Admin' },
    names: `
      pg_stat_reset pg_stat_reset_backend_stats pg_stat_reset_replication_slot pg_stat_reset_shared
      pg_stat_reset_single_function_counters pg_stat_reset_single_table_counters pg_stat_reset_slru
      pg_stat_reset_subscription_stats`,
  },
]
