import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { DETECTOR_NAMES } from '#sidecar/masking/detectors/names.ts'
import { withTable } from './document.ts'

const document = readFileSync(new URL('../../../../docs/masking.md', import.meta.url), 'utf8')

test('the published table of types is the one that is carried out', () => {
  assert.equal(document, withTable(document))
})

test('every detector is described', () => {
  for (const name of DETECTOR_NAMES) assert.ok(document.includes(`| ${name} |`), name)
})
