import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { builtInCatalog } from '../catalog/builtin.ts'
import { classifyRelation } from './relations.ts'

const catalog = builtInCatalog(18)

function inWords(schema: string, name: string, extension?: string): string {
  const oid = catalog.relation(schema, name)?.oid ?? 20000
  const entry = classifyRelation({ oid, schema, name, ...(extension === undefined ? {} : { extension }) })
  if (entry === undefined) return 'ordinary'
  return [entry.effect, ...(entry.valueBearing ? ['values'] : []), ...entry.valueColumns].join(' ')
}

describe('relations of the server', () => {
  const CASES: { readonly [reason: string]: { readonly [relation: string]: string } } = {
    'structure, which drivers and ORMs ask': {
      'pg_catalog.pg_class': 'Session',
      'pg_catalog.pg_attribute': 'Session',
      'pg_catalog.pg_type': 'Session',
      'pg_catalog.pg_proc': 'Session',
      'pg_catalog.pg_settings': 'Session',
      'information_schema.columns': 'Session',
      'information_schema.key_column_usage': 'Session',
      'pg_catalog.pg_stat_user_tables': 'Session',
      'pg_catalog.pg_prepared_statements': 'Session',
    },
    'a column that holds values or secrets': {
      'pg_catalog.pg_sequences': 'Session last_value',
      'pg_catalog.pg_roles': 'Session rolconfig useconfig',
    },
    'column values': {
      'pg_catalog.pg_stats': 'Admin values',
      'pg_catalog.pg_statistic': 'Admin values',
      'pg_catalog.pg_statistic_ext_data': 'Admin values',
      'pg_catalog.pg_stats_ext': 'Admin values',
      'pg_catalog.pg_stats_ext_exprs': 'Admin values',
      'pg_catalog.pg_largeobject': 'Admin values',
      'pg_toast.pg_toast_16400': 'Admin values',
      'pg_toast_temp_3.pg_toast_16400': 'Admin values',
    },
    "other sessions' text and secrets": {
      'pg_catalog.pg_stat_activity': 'Admin values',
      'pg_catalog.pg_locks': 'Admin values',
      'pg_catalog.pg_prepared_xacts': 'Admin values',
      'pg_catalog.pg_authid': 'Admin values',
      'pg_catalog.pg_shadow': 'Admin values',
      'pg_catalog.pg_user_mappings': 'Admin values',
      'pg_catalog.pg_foreign_server': 'Admin values',
      'pg_catalog.pg_subscription': 'Admin values',
      'pg_catalog.pg_db_role_setting': 'Admin values',
      'information_schema.user_mapping_options': 'Admin values',
      'pg_catalog.pg_replication_slots': 'Admin',
    },
    'what nobody reviewed, or a user put into the schema': {
      'pg_catalog.pg_new_in_19': 'Admin values',
      'information_schema.mine': 'Admin values',
    },
    'everything else': { 'public.pg_class': 'ordinary', 'shop.orders': 'ordinary' },
  }
  for (const [reason, relations] of Object.entries(CASES)) {
    test(reason, () => {
      for (const [relation, expected] of Object.entries(relations)) {
        const [schema = '', name = ''] = relation.split('.')
        assert.equal(inWords(schema, name), expected, relation)
      }
    })
  }
  test('relations of extensions', () => {
    assert.equal(inWords('public', 'pg_stat_statements', 'pg_stat_statements'), 'Admin values')
    assert.equal(inWords('public', 'geometry_columns', 'postgis'), 'Session')
    assert.equal(inWords('public', 'anything', 'timescaledb'), 'ordinary')
    assert.equal(inWords('public', 'constructor', 'constructor'), 'ordinary')
  })
})
