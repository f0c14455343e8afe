import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Mask } from './masking/mask.ts'
import { maskLost } from './session-masks.ts'

const MASK: Mask = {
  policy: 'data/analysts',
  name: 'pii',
  strategy: 'Partial',
  columns: ['public.customers.ssn', 'public.*.email'],
  detectors: [],
  fields: [],
  predicates: 'Deny',
  copies: 'Deny',
  writes: 'Deny',
  mode: 'Enforce',
}
const OTHER: Mask = { ...MASK, name: 'cards', columns: [], detectors: ['CreditCard'] }

const CASES: Readonly<Record<string, { readonly after: readonly Mask[]; readonly lost: string | undefined }>> = {
  'the same masks: none is lost': { after: [{ ...MASK }, { ...OTHER }], lost: undefined },
  'one more mask: none is lost': { after: [MASK, OTHER, { ...OTHER, name: 'more' }], lost: undefined },
  'more columns: none is lost': {
    after: [{ ...MASK, columns: [...MASK.columns, 'public.*.phone'] }, OTHER],
    lost: undefined,
  },
  'another strategy: none is lost': { after: [{ ...MASK, strategy: 'Null' }, OTHER], lost: undefined },
  'a mask is gone': { after: [OTHER], lost: 'pii' },
  'a column is gone': { after: [{ ...MASK, columns: ['public.*.email'] }, OTHER], lost: 'pii' },
  'a detector is gone': { after: [MASK, { ...OTHER, detectors: ['IBAN'] }], lost: 'cards' },
  'a mask only watches from now on': { after: [{ ...MASK, mode: 'Audit' }, OTHER], lost: 'pii' },
  'a mask of the same name in another policy does not count': {
    after: [{ ...MASK, policy: 'data/others' }, OTHER],
    lost: 'pii',
  },
}

for (const [name, { after, lost }] of Object.entries(CASES)) {
  test(name, () => assert.equal(maskLost([MASK, OTHER], after)?.name, lost))
}
