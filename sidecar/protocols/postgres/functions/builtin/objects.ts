// pg_catalog functions that read or change an object which an argument names.
import type { Family } from '../family.ts'

export const objects: readonly Family[] = [
  {
    why: 'Run SQL text.',
    entry: { effect: 'Read', names: { argument: 0, kind: 'query', access: 'Read', rows: true } },
    names: `
      query_to_xml query_to_xml_and_xmlschema query_to_xmlschema ts_stat`,
  },
  {
    why: 'Runs SQL text when it is called with two arguments.',
    entry: { effect: 'Read', names: { argument: 1, kind: 'query', access: 'Read', rows: true } },
    names: `
      ts_rewrite/2`,
  },
  {
    why: 'Print a table.',
    entry: { effect: 'Read', names: { argument: 0, kind: 'table', access: 'Read', rows: true } },
    names: `
      table_to_xml table_to_xml_and_xmlschema`,
  },
  {
    why: 'Print a whole schema.',
    entry: { effect: 'Admin', names: { argument: 0, kind: 'schema', access: 'Read', rows: true }, valueBearing: true },
    names: `
      schema_to_xml schema_to_xml_and_xmlschema`,
  },
  {
    why: 'Print the whole database.',
    entry: { effect: 'Admin', valueBearing: true },
    names: `
      database_to_xml database_to_xml_and_xmlschema`,
  },
  {
    why: 'Print structure.',
    entry: { effect: 'Session', names: { argument: 0, kind: 'table', access: 'Read', rows: false } },
    names: `
      table_to_xmlschema`,
  },
  {
    why: 'Print structure of everything readable.',
    entry: { effect: 'Session' },
    names: `
      schema_to_xmlschema database_to_xmlschema`,
  },
  {
    why: 'How large a relation is on disk.',
    entry: { effect: 'Session', names: { argument: 0, kind: 'table', access: 'Read', rows: false } },
    names: `
      pg_relation_size pg_table_size pg_total_relation_size pg_indexes_size`,
  },
  {
    why: 'How large a database is.',
    entry: { effect: 'Session', names: { argument: 0, kind: 'database', access: 'Read', rows: false } },
    names: `
      pg_database_size`,
  },
  {
    why: 'Row addresses; currtid2 opens the relation.',
    entry: { effect: 'Read', names: { argument: 0, kind: 'table', access: 'Read', rows: false } },
    names: `
      currtid currtid2`,
  },
  {
    why: 'Advance a sequence.',
    entry: { effect: 'Write', names: { argument: 0, kind: 'sequence', access: 'Write', rows: false } },
    names: `
      nextval`,
  },
  {
    why: 'Stores its argument where every session can read it.',
    entry: { effect: 'Write', names: { argument: 0, kind: 'sequence', access: 'Write', rows: false }, leaks: true },
    names: `
      setval`,
  },
  {
    why: 'Read a sequence.',
    entry: { effect: 'Read', names: { argument: 0, kind: 'sequence', access: 'Read', rows: true } },
    names: `
      currval pg_sequence_last_value pg_get_sequence_data`,
  },
  {
    why: 'Read a setting.',
    entry: { effect: 'Session', names: { argument: 0, kind: 'setting', access: 'Read', rows: true } },
    names: `
      current_setting`,
  },
  {
    why: 'Its argument lands in a setting, which SHOW, ParameterStatus and the log repeat.',
    entry: { effect: 'Session', names: { argument: 0, kind: 'setting', access: 'Write', rows: false }, leaks: true },
    names: `
      set_config`,
  },
  {
    why: 'Read a large object.',
    entry: {
      effect: 'Read',
      names: { argument: 0, kind: 'largeobject', access: 'Read', rows: true },
      valueBearing: true,
    },
    names: `
      lo_get loread`,
  },
  {
    why: 'Open a large object, for writing too.',
    entry: { effect: 'Write', names: { argument: 0, kind: 'largeobject', access: 'Write', rows: true } },
    names: `
      lo_open`,
  },
  {
    why: 'Position in an open large object.',
    entry: { effect: 'Session' },
    names: `
      lo_close lo_lseek lo_lseek64 lo_tell lo_tell64`,
  },
  {
    why: 'Store their arguments in a large object.',
    entry: { effect: 'Write', names: { argument: 0, kind: 'largeobject', access: 'Write', rows: false }, leaks: true },
    names: `
      lo_put lo_from_bytea lowrite`,
  },
  {
    why: 'Make, cut or remove a large object.',
    entry: { effect: 'Write', names: { argument: 0, kind: 'largeobject', access: 'Write', rows: false } },
    names: `
      lo_creat lo_create lo_truncate lo_truncate64 lo_unlink`,
  },
  {
    why: 'Server files to large objects and back.',
    entry: { effect: 'Admin', names: { argument: 0, kind: 'file', access: 'Read', rows: true }, valueBearing: true },
    names: `
      lo_import`,
  },
  {
    why: 'Writes a server file.',
    entry: { effect: 'Admin', names: { argument: 1, kind: 'file', access: 'Write', rows: true }, leaks: true },
    names: `
      lo_export`,
  },
  {
    why: 'Read a server file.',
    entry: { effect: 'Admin', names: { argument: 0, kind: 'file', access: 'Read', rows: true }, valueBearing: true },
    names: `
      pg_read_file pg_read_file_old pg_read_binary_file`,
  },
  {
    why: 'List server files.',
    entry: { effect: 'Admin', names: { argument: 0, kind: 'file', access: 'Read', rows: false } },
    names: `
      pg_stat_file pg_ls_dir pg_ls_replslotdir`,
  },
  {
    why: 'Maintain an index: expressions and predicates of the index run as its owner.',
    entry: { effect: 'Admin', names: { argument: 0, kind: 'table', access: 'Write', rows: false } },
    names: `
      brin_desummarize_range brin_summarize_new_values brin_summarize_range gin_clean_pending_list`,
  },
]
