// The policies repeat names and numbers that the code has in one place; CEL cannot import them. That they refuse what they
// should is shown before a real API server (`e2e/admission`).
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { parse } from '@marcbachmann/cel-js'
import { parseAllDocuments } from 'yaml'
import {
  ENFORCEMENT_LABEL,
  INJECT_ANNOTATION,
  INJECTED_LABEL,
  MAC_ANNOTATION,
  OUR_CONTAINERS,
  OUR_VOLUMES,
  OWNER_LABEL,
  PORTS,
  QUARANTINE_LABEL,
  RENDERING_ANNOTATION,
  TOKEN_AUDIENCE,
  UID_RANGE,
} from '#contracts/pod/names.ts'
import type { JsonObject } from '../inject/json.ts'
import { isRecord } from '../kube/object.ts'

const text = readFileSync(new URL('vap.yaml', import.meta.url), 'utf8')
const documents = parseAllDocuments(text).map((document): JsonObject => {
  const value: unknown = document.toJS()
  assert.ok(isRecord(value))
  return value
})

function named(kind: string): readonly string[] {
  return documents
    .filter((document) => document['kind'] === kind)
    .map(({ metadata }) => (isRecord(metadata) ? String(metadata['name']) : ''))
}

function expressions(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(expressions)
  if (!isRecord(value)) return []
  return Object.entries(value).flatMap(([key, member]) =>
    key === 'expression' && typeof member === 'string' ? [member] : expressions(member),
  )
}

const PREFIXED: readonly string[] = [
  ENFORCEMENT_LABEL,
  INJECT_ANNOTATION,
  INJECTED_LABEL,
  MAC_ANNOTATION,
  OWNER_LABEL,
  QUARANTINE_LABEL,
  RENDERING_ANNOTATION,
  TOKEN_AUDIENCE,
]

describe('the policies in the API server', () => {
  test('are each bound, and refuse when they cannot be evaluated', () => {
    const policies = named('ValidatingAdmissionPolicy')
    assert.equal(policies.length, 5)
    assert.deepEqual(named('ValidatingAdmissionPolicyBinding'), policies)
    for (const { kind, spec } of documents) {
      if (kind === 'ValidatingAdmissionPolicy') assert.ok(isRecord(spec) && spec['failurePolicy'] === 'Fail')
    }
  })

  test('hold only expressions that parse', () => {
    const all = expressions(documents)
    assert.ok(all.length > 30)
    for (const expression of all) assert.doesNotThrow(() => parse(expression), expression)
  })

  test('know every name and number that the code knows', () => {
    const known = [
      ...PREFIXED,
      ...OUR_CONTAINERS,
      ...OUR_VOLUMES,
      ...Object.values(PORTS).map(String),
      String(UID_RANGE.from),
      String(UID_RANGE.below),
    ]
    assert.deepEqual(
      known.filter((word) => !text.includes(word)),
      [],
    )
  })

  test('know no name with our prefix that the code does not know', () => {
    const words = new Set(text.match(/\bsallyport[.]dev\/[a-z]+/g))
    assert.deepEqual(
      [...words].filter((word) => !PREFIXED.includes(word)),
      [],
    )
  })
})
