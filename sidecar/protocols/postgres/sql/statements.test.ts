import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { render } from './testing/render.ts'
import { SHOP } from './testing/shop.ts'
import { understand } from './understand.ts'

// Blocks: a comment that says what is shown, the statement, and what it is understood as, indented.
const blocks = readFileSync(new URL('testdata/statements.txt', import.meta.url), 'utf8')
  .split('\n\n')
  .map((block) => block.split('\n').filter((line) => line !== ''))
  .filter((block) => block.some((line) => !line.startsWith('#')))

describe('statements are understood as the table says', () => {
  for (const block of blocks) {
    const sentence = block.find((line) => line.startsWith('#')) ?? ''
    const statement = block.filter((line) => !line.startsWith('#') && !line.startsWith('  ')).join('\n')
    const expected = block.filter((line) => line.startsWith('  ')).map((line) => line.slice(2))
    test(`${sentence.slice(2)}: ${statement}`, async () => {
      assert.deepEqual(render(await understand(statement, SHOP)), expected)
    })
  }
})
