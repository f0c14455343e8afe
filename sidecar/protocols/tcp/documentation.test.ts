// docs/tcp.md says what the gateway knows: every fact with its type, every word, every setting, every metric.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { checkCondition } from '#sidecar/policy/conditions.ts'
import { FACTS, KINDS, VERBS } from './facts.ts'
import { tcp } from './protocol.ts'
import { SETTINGS } from './settings.ts'

const text = readFileSync(new URL('../../../docs/tcp.md', import.meta.url), 'utf8')

describe('docs/tcp.md', () => {
  test('lists the facts with their types and descriptions', () => {
    const expected = Object.entries(FACTS).map(([name, { type, description }]) => [
      `\`${name}\``,
      `\`${type}\``,
      description,
    ])
    assert.deepEqual(
      rows('Facts').map((row) => row.slice(0, 3)),
      expected,
    )
  })

  for (const [fact = '', , , example = ''] of rows('Facts')) {
    test(`the example of ${fact} is a condition`, () => {
      assert.match(example, new RegExp(`facts\\.${fact.slice(1, -1)}\\b`))
      assert.equal(checkCondition(example.slice(1, -1), FACTS), undefined)
    })
  }

  test('lists the verbs', () => assert.deepEqual(words('Verbs'), VERBS))

  test('lists the kinds', () => assert.deepEqual(words('Kinds of object'), KINDS))

  test('lists the metrics', () => {
    const { metrics } = tcp.vocabulary
    assert.deepEqual(words('Limits').slice(0, metrics.length), metrics)
  })

  test('lists the settings', () => {
    const expected = Object.entries(SETTINGS.properties).map(([name, { description }]) => [`\`${name}\``, description])
    assert.deepEqual(rows('Settings of a Connection'), expected)
  })
})

function section(title: string): string {
  const [, body = ''] = text.split(`## ${title}\n`)
  return body.split('\n## ')[0] ?? ''
}

/** Cells of the section's table, without its head. */
function rows(title: string): string[][] {
  const lines = section(title)
    .split('\n')
    .filter((line) => line.startsWith('|'))
  return lines.slice(2).map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  )
}

function words(title: string): string[] {
  return [...section(title).matchAll(/`([^`]+)`/g)].map(([, word = '']) => word)
}
