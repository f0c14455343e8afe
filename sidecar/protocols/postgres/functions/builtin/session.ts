// pg_catalog functions that tell about this session and this server, and hold nobody's data.
import type { Family } from '../family.ts'

export const session: readonly Family[] = [
  {
    why: 'Who, where, since when.',
    entry: { effect: 'Session' },
    names: `
      version current_database current_schema current_schemas current_user session_user system_user getpgusername
      getdatabaseencoding pg_client_encoding inet_client_addr inet_client_port inet_server_addr inet_server_port
      pg_backend_pid pg_postmaster_start_time pg_conf_load_time pg_my_temp_schema pg_jit_available pg_numa_available
      get_current_ts_config icu_unicode_version unicode_version`,
  },
  {
    why: "This session's own statements, channels, cursors.",
    entry: { effect: 'Session' },
    names: `
      current_query pg_cursor pg_prepared_statement pg_listening_channels pg_notification_queue_usage pg_trigger_depth
      lastval`,
  },
  {
    why: "Transactions and the log's position, by number.",
    entry: { effect: 'Session' },
    names: `
      pg_current_snapshot pg_current_xact_id pg_current_xact_id_if_assigned pg_current_wal_flush_lsn
      pg_current_wal_insert_lsn pg_current_wal_lsn pg_is_in_recovery pg_is_wal_replay_paused
      pg_get_wal_replay_pause_state pg_last_committed_xact pg_last_wal_receive_lsn pg_last_wal_replay_lsn
      pg_last_xact_replay_timestamp pg_walfile_name pg_walfile_name_offset pg_split_walfile_name pg_wal_lsn_diff
      pg_xact_commit_timestamp pg_xact_commit_timestamp_origin pg_xact_status txid_current txid_current_if_assigned
      txid_current_snapshot txid_status pg_visible_in_snapshot pg_snapshot_xip pg_snapshot_xmax pg_snapshot_xmin
      txid_snapshot_xip txid_snapshot_xmax txid_snapshot_xmin txid_visible_in_snapshot pg_blocking_pids
      pg_safe_snapshot_blocking_pids mxid_age`,
  },
]
