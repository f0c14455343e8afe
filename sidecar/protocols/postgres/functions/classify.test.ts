import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { builtInCatalog, MAJORS, readSections } from '../catalog/builtin.ts'
import type { Routine } from '../catalog/model.ts'
import { text } from '../catalog/rows.ts'
import { classify, type Reviewable } from './classify.ts'
import type { FunctionEntry } from './entry.ts'
import { classifyOperator } from './operators.ts'

const catalog = builtInCatalog(18)

/** `Read query[0] rows` and the like, so that a table can be read at a glance. */
function inWords(entry: FunctionEntry | undefined): string {
  if (entry === undefined) return 'opaque'
  const { names } = entry
  return [
    entry.pure === true ? 'pure' : entry.effect,
    ...(names === undefined ? [] : [`${names.access === 'Write' ? 'writes ' : ''}${names.kind}[${names.argument}]`]),
    ...(names?.rows === true ? ['rows'] : []),
    ...(entry.leaks === true ? ['leaks'] : []),
    ...(entry.valueBearing === true ? ['values'] : []),
  ].join(' ')
}

/** All overloads that take so many arguments; where they differ, all that they say. */
function call(name: string, count: number): string {
  const overloads = catalog.routines('pg_catalog', name).filter((routine) => takes(routine, count))
  return [...new Set(overloads.map((routine) => inWords(classify(routine))))].join(' | ')
}

function takes({ arguments: declared, defaults, variadic }: Routine, count: number): boolean {
  return variadic || (count <= declared.length && count >= declared.length - defaults)
}

describe('calls of built-in functions', () => {
  const CALLS: { readonly [reason: string]: { readonly [call: string]: string } } = {
    'SQL text in an argument is a statement of its own': {
      'query_to_xml/4': 'Read query[0] rows',
      'query_to_xml_and_xmlschema/4': 'Read query[0] rows',
      'ts_stat/1': 'Read query[0] rows',
      'ts_stat/2': 'Read query[0] rows',
      'ts_rewrite/2': 'Read query[1] rows',
      'ts_rewrite/3': 'pure',
    },
    'a named table, schema or database is printed': {
      'table_to_xml/4': 'Read table[0] rows',
      'table_to_xmlschema/4': 'Session table[0]',
      'schema_to_xml/4': 'Admin schema[0] rows values',
      'database_to_xml/3': 'Admin values',
      'cursor_to_xml/5': 'opaque',
    },
    'files of the server': {
      'pg_read_file/1': 'Admin file[0] rows values',
      'pg_read_binary_file/3': 'Admin file[0] rows values',
      'pg_ls_dir/1': 'Admin file[0]',
      'pg_stat_file/2': 'Admin file[0]',
      'lo_import/1': 'Admin file[0] rows values',
      'lo_export/2': 'Admin writes file[1] rows leaks',
      'pg_ls_waldir/0': 'Admin',
      'pg_hba_file_rules/0': 'Admin values',
      'pg_show_all_file_settings/0': 'Admin values',
    },
    'values that stay somewhere or reach others': {
      'pg_notify/2': 'Write leaks',
      'pg_logical_emit_message/3': 'Admin leaks',
      'set_config/3': 'Session writes setting[0] leaks',
      'setval/2': 'Write writes sequence[0] leaks',
      'nextval/1': 'Write writes sequence[0]',
      'lo_put/3': 'Write writes largeobject[0] leaks',
      'lo_from_bytea/2': 'Write writes largeobject[0] leaks',
      'pg_advisory_lock/1': 'Write leaks',
      'pg_try_advisory_xact_lock/2': 'Write leaks',
      'pg_sleep/1': 'Session leaks',
      'setseed/1': 'Session leaks',
    },
    "other sessions' text and values": {
      'pg_stat_get_activity/1': 'Admin values',
      'pg_stat_get_backend_activity/1': 'Admin values',
      'pg_lock_status/0': 'Admin values',
      'pg_prepared_xact/0': 'Admin values',
      'pg_logical_slot_get_changes/3': 'Admin values',
      'pg_logical_slot_peek_binary_changes/4': 'Admin values',
      'pg_mcv_list_items/1': 'Admin values',
      'lo_get/1': 'Read largeobject[0] rows values',
      'pg_stat_get_wal_receiver/0': 'Admin values',
      'pg_stat_get_live_tuples/1': 'Session',
    },
    'running the server': {
      'pg_terminate_backend/1': 'Admin',
      'pg_cancel_backend/1': 'Admin',
      'pg_reload_conf/0': 'Admin',
      'pg_promote/0': 'Admin',
      'pg_replication_origin_create/1': 'Admin',
      'pg_create_logical_replication_slot/2': 'Admin',
      'pg_stat_reset/0': 'Admin',
      'pg_restore_attribute_stats/8': 'Admin leaks',
      'binary_upgrade_set_next_pg_type_oid/1': 'opaque',
      'pg_event_trigger_ddl_commands/0': 'opaque',
      'pg_extension_config_dump/2': 'opaque',
    },
    'what drivers and ORMs ask': {
      'version/0': 'Session',
      'current_schema/0': 'Session',
      'current_setting/1': 'Session setting[0] rows',
      'pg_get_viewdef/1': 'Session',
      'pg_get_expr/2': 'Session',
      'format_type/2': 'Session',
      'obj_description/2': 'Session',
      'has_table_privilege/2': 'Session',
      'to_regclass/1': 'Session',
      'pg_table_is_visible/1': 'Session',
      'pg_relation_size/1': 'Session table[0]',
      'pg_encoding_to_char/1': 'pure',
      'pg_backend_pid/0': 'Session',
    },
    computation: {
      'lower/1': 'pure',
      'count/0': 'pure',
      'format/3': 'pure',
      'json_agg/1': 'pure',
      'row_to_json/1': 'pure',
      'textin/1': 'pure',
      'int4out/1': 'pure',
      'random/0': 'pure',
      'now/0': 'pure',
      'xpath/2': 'pure',
    },
    'what SQL cannot or should not call': {
      'int8_avg_accum/2': 'opaque',
      'textrecv/1': 'opaque',
      'plpgsql_call_handler/0': 'opaque',
      'fmgr_sql_validator/1': 'opaque',
      'array_in/3': 'opaque',
      'domain_in/3': 'opaque',
    },
  }
  for (const [reason, calls] of Object.entries(CALLS)) {
    test(reason, () => {
      for (const [what, expected] of Object.entries(calls)) {
        const [name = '', count] = what.split('/')
        assert.equal(call(name, Number(count)), expected, what)
      }
    })
  }
})

describe('functions that users and extensions made', () => {
  const made = (schema: string, name: string, extension?: string): Reviewable => ({
    oid: 20000,
    schema,
    name,
    arguments: [25],
    ...(extension === undefined ? {} : { extension }),
  })
  const CASES: { readonly [what: string]: [Reviewable, string] } = {
    "a user's function is opaque, whatever its name": [made('public', 'lower'), 'opaque'],
    'even in pg_catalog': [made('pg_catalog', 'lower'), 'opaque'],
    "a reviewed extension's function is known wherever it is installed": [
      made('anywhere', 'similarity', 'pg_trgm'),
      'pure',
    ],
    'an extension that nobody reviewed is opaque': [made('public', 'similarity', 'pg_trgm_plus'), 'opaque'],
    'a name that is no key of its own is opaque': [made('public', 'constructor', 'constructor'), 'opaque'],
    'crosstab runs its text': [made('public', 'crosstab', 'tablefunc'), 'Read query[0] rows'],
    'dblink is opaque': [made('public', 'dblink', 'dblink'), 'opaque'],
    'pages hold values': [made('public', 'get_raw_page', 'pageinspect'), 'Admin values'],
    'statistics of a geometry column are values': [made('public', 'st_estimatedextent', 'postgis'), 'Admin values'],
    'dropping a geometry column is Admin': [made('public', 'dropgeometrycolumn', 'postgis'), 'Admin'],
  }
  for (const [what, [routine, expected]] of Object.entries(CASES)) {
    test(what, () => assert.equal(inWords(classify(routine)), expected))
  }

  test('two arguments of crosstab are two statements: opaque', () => {
    const crosstab = { ...made('public', 'crosstab', 'tablefunc'), arguments: [25, 25] }
    assert.equal(inWords(classify(crosstab)), 'opaque')
  })
})

describe('operators', () => {
  test('every built-in operator computes, of every major', () => {
    for (const major of MAJORS) {
      const known = builtInCatalog(major)
      const names = new Set(readSections(major).operators.map((row) => text(row, 1)))
      assert.ok(names.size > 60)
      for (const name of names) {
        for (const operator of known.operators('pg_catalog', name)) {
          assert.equal(classifyOperator(known, operator)?.pure, true, `${name} ${operator.routine}`)
        }
      }
    }
  })
  test("a user's operator is opaque, also in front of a built-in function", () => {
    const operator = {
      schema: 'public',
      name: '===',
      routine: 'pg_catalog.texteq',
      routineOid: 67,
      left: 25,
      right: 25,
    }
    assert.equal(classifyOperator(catalog, operator), undefined)
    assert.equal(classifyOperator(catalog, { ...operator, schema: 'pg_catalog' })?.pure, true)
  })
})
