// What `explain` says of policies where it knows the database: rules and masks on the left, warnings on the right.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { before, describe, test } from 'node:test'
import type { Match, Rule } from '#crds/types.gen.ts'
import type { Mask } from '#sidecar/masking/mask.ts'
import { readCatalogFile } from '#sidecar/protocols/postgres/catalog/file.ts'
import type { Catalog } from '#sidecar/protocols/postgres/catalog/model.ts'
import { maskOf } from '#sidecar/protocols/postgres/masking/testing/mask.ts'
import { ready } from '#sidecar/protocols/postgres/sql/wasm.ts'
import { besideMasks } from './beside-masks.ts'
import { idleRules } from './idle-rules.ts'

const CATALOG = new URL('../../sidecar/protocols/postgres/sql/testdata/shop.catalog.json', import.meta.url)
const catalog = readCatalogFile(readFileSync(CATALOG, 'utf8'))

const object = (kind: string, ...names: string[]): Match => ({ objects: [{ kind, names }] })
const rule = (match: Match, action: Rule['action'] = 'Deny'): Rule => ({ name: 'r', action, match, mode: 'Enforce' })

const RULES: Readonly<Record<string, readonly [rule: Rule, ...warnings: string[]]>> = {
  'what is there': [rule(object('table', 'public.customers', 'private.*', 'public.Odd Name'))],
  'a slip': [
    rule(object('table', 'public.custmers')),
    'database postgres has no table public.custmers, so it denies nothing there; did you mean public.customers?',
  ],
  'upper and lower case are different names': [
    rule(object('table', 'Public.Customers')),
    'database postgres has no table Public.Customers, so it denies nothing there; did you mean public.customers?',
  ],
  'names are written without quotes': [
    rule(object('table', 'public."Odd Name"')),
    'database postgres has no table public."Odd Name", so it denies nothing there; did you mean public.Odd Name?',
  ],
  'an Allow for what is not there': [
    rule(object('view', 'reports.*'), 'Allow'),
    'database postgres has no view reports.*, so it matches nothing there',
  ],
  'another kind of thing': [
    rule(object('table', 'public.m_*')),
    'database postgres has no table public.m_*, so it denies nothing there; public.m_customers is of kind materializedView',
  ],
  'a pattern for several kinds': [
    rule({ objects: ['table', 'materializedView'].map((kind) => ({ kind, names: ['public.m_*'] })) }),
  ],
  'several kinds, one of them of other names': [
    rule({
      objects: [
        { kind: 'table', names: ['public.m_customers'] },
        { kind: 'materializedView', names: ['public.reports'] },
      ],
    }),
    'database postgres has no table public.m_customers, so it denies nothing there; public.m_customers is of kind materializedView',
    'database postgres has no materializedView public.reports, so it denies nothing there',
  ],
  'the server’s own, and what is to be made': [rule(object('view', 'pg_catalog.pg_stats'))],
  'what is to be made': [rule({ verbs: ['create'], ...object('table', 'public.report') }, 'Allow')],
  'a function and a schema': [
    rule({
      objects: [
        { kind: 'function', names: ['public.opaque', 'public.opake', 'public.o*'] },
        { kind: 'schema', names: ['private', 'privat'] },
      ],
    }),
    'database postgres has no function public.opake, so it denies nothing there',
    'database postgres has no schema privat, so it denies nothing there',
  ],
  'kinds of which the catalog holds no names': [rule(object('setting', 'app.tenant'))],
  'every object of a kind': [rule({ objects: [{ kind: 'foreignTable' }] })],
}

describe('of rules it doubts', () => {
  for (const [sentence, [doubted, ...warnings]] of Object.entries(RULES)) {
    test(sentence, () => {
      const expected = warnings.map((warning) => `rule r of policy data/p: ${warning}`)
      assert.deepEqual(idleRules([{ key: 'data/p', rules: [doubted] }], catalog), expected)
    })
  }
})

describe('of rules over a table with a dot in its name it doubts', () => {
  const table = catalog.relation('public', 'log')
  assert.ok(table)
  const odd: Catalog = { ...catalog, userRelations: () => [{ ...table, name: 'Odd.Name' }] }
  const warning =
    'rule r of policy data/p does not reach public.Odd.Name: * crosses no dot, and that is in its name; name it whole'
  const WARNED: Readonly<Record<string, readonly [rule: Rule, warned: boolean]>> = {
    'a Deny for its schema': [rule(object('table', 'public.*')), true],
    'one that names it whole as well': [rule(object('table', 'public.*', 'public.Odd.Name')), false],
    'one for another kind': [rule(object('view', 'public.*')), false],
    'an Allow, which is missed soon': [rule(object('table', 'public.*'), 'Allow'), false],
  }
  for (const [sentence, [one, warned]] of Object.entries(WARNED)) {
    test(sentence, () => assert.equal(idleRules([{ key: 'data/p', rules: [one] }], odd).includes(warning), warned))
  }
})

const mask = (names: Partial<Mask>) => maskOf({ policy: 'data/p', name: 'm', strategy: 'Redact', ...names })

const MASKS: Readonly<Record<string, readonly [masks: readonly Mask[], ...warnings: string[]]>> = {
  'nothing, where there is one of the name': [[mask({ columns: ['public.customers.email'] })]],
  'columns of the same name in tables that are no kin': [
    [mask({ columns: ['public.customers.ssn'] })],
    'mask m of policy data/p leaves columns of the same name as they are: public.archive.ssn, other.customers.ssn',
  ],
  'not those that another mask covers': [
    [mask({ columns: ['public.customers.ssn'] }), mask({ name: 'n', columns: ['other.*.ssn', 'public.archive.ssn'] })],
  ],
  'those that another only watches': [
    [mask({ columns: ['public.*.ssn'] }), mask({ name: 'n', columns: ['other.customers.ssn'], mode: 'Audit' })],
    'mask m of policy data/p leaves columns of the same name as they are: other.customers.ssn',
  ],
  'not what a view that is masked shows of them': [
    [mask({ columns: ['public.v_customers.tax_number', 'public.archive.ssn'] })],
    'mask m of policy data/p leaves columns of the same name as they are: other.customers.ssn',
  ],
  'no more than eight of them': [
    [mask({ columns: ['public.customers.id'] })],
    'mask m of policy data/p leaves columns of the same name as they are: public.entries.id, public.archive.id, public.accounts.id, public.events_2026.id, public.events.id, public.orders.id, private.keys.id, public.events_old.id and 4 more',
  ],
  'triggers that see the row': [
    [mask({ columns: ['public.orders.note'] })],
    'mask m of policy data/p leaves columns of the same name as they are: public.entry_notes.note',
    'mask m of policy data/p does not reach what triggers of public.orders store elsewhere; they run public.audit',
  ],
  'a path that begins with the column': [
    [mask({ fields: ['$.notes.phone', '$.notes[3].fax', '$.notes', '$.other.notes', '$..notes.phone'] })],
    'mask m of policy data/p: $.notes.phone begins inside each document, and public.vip.notes is a column; did you mean $.phone?',
    'mask m of policy data/p: $.notes[3].fax begins inside each document, and public.vip.notes is a column; did you mean $[3].fax?',
  ],
}

describe('of masks it doubts', () => {
  before(ready)
  for (const [sentence, [masks, ...warnings]] of Object.entries(MASKS)) {
    test(sentence, () => assert.deepEqual(besideMasks(masks, catalog), warnings))
  }
})
