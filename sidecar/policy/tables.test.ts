// Reads the tables in testdata/, which are what a reviewer of the evaluation rules reads.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { parseCase, run, says } from './testing/cases.ts'
import { policySetFrom } from './testing/policies.ts'

const folder = new URL('testdata/', import.meta.url)

for (const file of readdirSync(folder)) {
  describe(file, () => {
    for (const block of blocksOf(readFileSync(new URL(file, folder), 'utf8'))) {
      test(block.title, async (t) => {
        const set = policySetFrom(block.policies)
        for (const line of block.cases) {
          await t.test(line, async () => {
            const [question = '', answer = ''] = line.split(' → ')
            const one = parseCase(question)
            assert.equal(says(await run(set, one), one), answer)
          })
        }
      })
    }
  })
}

interface Block {
  readonly title: string
  readonly policies: string
  readonly cases: readonly string[]
}

function blocksOf(text: string): readonly Block[] {
  const [, ...blocks] = text.split(/^== /m)
  return blocks.map((block) => {
    const [head = '', cases = ''] = block.split(/^----$/m)
    const end = head.indexOf('\n')
    const lines = cases.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
    assert.ok(lines.length > 0, `no cases under ${head.slice(0, end)}`)
    return { title: head.slice(0, end), policies: head.slice(end), cases: lines }
  })
}
