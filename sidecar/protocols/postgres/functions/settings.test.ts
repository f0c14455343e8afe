import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { classifySetting, holdsSecret, isPinnedValue, type SettingClass } from './settings.ts'

describe('settings', () => {
  const CASES: { readonly [reason: string]: readonly [SettingClass, string] } = {
    'how values look': ['Session', 'DateStyle TimeZone extra_float_digits bytea_output IntervalStyle'],
    'what pools and ORMs send': [
      'Session',
      'application_name statement_timeout lock_timeout client_min_messages work_mem',
    ],
    'what transactions may say': ['Session', 'default_transaction_read_only default_transaction_isolation'],
    'the planner': ['Session', 'enable_seqscan jit plan_cache_mode random_page_cost'],
    'how text is read': [
      'Pinned',
      'client_encoding NAMES Standard_Conforming_Strings backslash_quote transform_null_equals',
    ],
    'what names mean': ['SearchPath', 'search_path SEARCH_PATH'],
    'who one is, and what one may see': ['Admin', 'role session_authorization row_security session_replication_role'],
    'what the server writes to its log': [
      'Admin',
      'log_statement debug_print_plan log_parameter_max_length_on_error lc_messages',
    ],
    'what the server loads': ['Admin', 'local_preload_libraries session_preload_libraries dynamic_library_path'],
    'settings of applications, which row security may hang on': [
      'Admin',
      'app.tenant request.jwt.claims myapp.user_id',
    ],
    'settings that nobody knows': ['Admin', 'constructor __proto__ new_in_19 is_superuser'],
    'reviewed extensions': ['Session', 'hnsw.ef_search ivfflat.probes pg_trgm.similarity_threshold'],
  }
  for (const [reason, [expected, names]] of Object.entries(CASES)) {
    test(`${reason}: ${expected}`, () => {
      for (const name of names.split(' ')) assert.equal(classifySetting(name), expected, name)
    })
  }

  test('a pinned setting may be set to what it is', () => {
    assert.ok(isPinnedValue('client_encoding', 'UTF8') && isPinnedValue('names', 'utf-8'))
    assert.ok(isPinnedValue('standard_conforming_strings', 'ON'))
    assert.ok(!isPinnedValue('client_encoding', 'SJIS') && !isPinnedValue('standard_conforming_strings', 'off'))
    assert.ok(!isPinnedValue('work_mem', 'on'))
  })
  test('only ASCII letters are folded, as the server does', () => {
    assert.equal(classifySetting('work_mem'.replace('k', '\u212a')), 'Admin')
  })
  test('some settings are secrets to read', () => {
    assert.ok(holdsSecret('primary_conninfo') && holdsSecret('app.settings.JWT_SECRET'))
    assert.ok(!holdsSecret('work_mem') && !holdsSecret('password_encryption'))
  })
})
