// The worked example of the documentation, run: what it says is what happens.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { parseCase, run, says } from './testing/cases.ts'
import { policySetFrom } from './testing/policies.ts'

const text = readFileSync(new URL('../../docs/policy.md', import.meta.url), 'utf8')

describe('docs/policy.md', () => {
  const [, yaml, cases] = /```yaml\n(.*?)```.*?```text\n(.*?)```/s.exec(text) ?? []
  assert.ok(yaml && cases)
  const set = policySetFrom(yaml)
  for (const line of cases.trim().split('\n')) {
    test(line, async () => {
      const [question = '', answer] = line.split(' → ')
      const one = parseCase(question)
      assert.equal(says(await run(set, one), one), answer)
    })
  }
})
