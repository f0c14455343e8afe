// The worked example of the documentation, run: what it says is what happens.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { compilePolicies } from './compile.ts'
import { parseCase, run, says } from './testing/cases.ts'
import { policiesFrom } from './testing/policies.ts'
import { VOCABULARIES } from './testing/vocabulary.ts'

const text = readFileSync(new URL('../../docs/policy.md', import.meta.url), 'utf8')

describe('docs/policy.md', () => {
  const [, yaml, cases] = /```yaml\n(.*?)```.*?```text\n(.*?)```/s.exec(text) ?? []
  assert.ok(yaml && cases)
  const set = compilePolicies({ ...policiesFrom(yaml), invalid: new Map() }, VOCABULARIES)
  for (const line of cases.trim().split('\n')) {
    test(line, async () => {
      const [question = '', answer] = line.split(' → ')
      const one = parseCase(question)
      assert.equal(says(await run(set, one), one), answer)
    })
  }
})
