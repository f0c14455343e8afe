// docs/postgres.md says what the gateway knows: every fact with its type, every word, every setting and key.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { checkCondition } from '#sidecar/policy/conditions.ts'
import { CREDENTIALS, SETTINGS } from './settings.ts'
import { FACTS, KINDS, VERBS } from './sql/facts.ts'

const text = readFileSync(new URL('../../../docs/postgres.md', import.meta.url), 'utf8')

describe('docs/postgres.md', () => {
  test('lists the facts with their types and descriptions', () => {
    const expected = Object.entries(FACTS).map(([name, { type, description, costly }]) => [
      `\`${name}\``,
      `\`${type}\`${costly === true ? ', costly' : ''}`,
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

  test('lists the kinds', () => assert.deepEqual(words('Kinds of object').slice(0, KINDS.length), KINDS))

  test('lists the keys of the Secret', () => {
    const expected = CREDENTIALS.map(({ key, required, description }) => [
      `\`${key}\``,
      required ? 'yes' : 'no',
      description,
    ])
    assert.deepEqual(rows('Credentials of a Connection'), expected)
  })

  test('lists the settings', () => {
    const { match, ...others } = SETTINGS.properties
    const described = [
      ...Object.entries(match.properties).map(([name, { description }]) => [`\`match.${name}\``, description]),
      ...Object.entries(others).map(([name, { description }]) => [`\`${name}\``, description]),
    ]
    const found = rows('Settings of a Connection')
    assert.deepEqual(
      found.map(([name]) => name),
      described.map(([name]) => name),
    )
    for (const [index, [, description = '']] of described.entries())
      assert.ok(found[index]?.[1]?.startsWith(description))
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
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim().replaceAll('\\|', '|')),
  )
}

function words(title: string): string[] {
  return [...section(title).matchAll(/`([^`]+)`/g)].map(([, word = '']) => word)
}
