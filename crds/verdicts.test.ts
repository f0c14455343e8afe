// Our verdict is the API server's: every line of testdata/verdicts.txt was answered by the API server's own code.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { parse } from 'yaml'
import { CRD_FOLDERS } from './definitions.ts'
import { lineOf, mutated, mutationOf } from './judge/mutation.ts'
import { Validator } from './validate.ts'

const lines = readFileSync(new URL('testdata/verdicts.txt', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))

test('thousands of changed examples get the verdict that the API server gives them', () => {
  const examples = new Map(CRD_FOLDERS.map((folder) => [folder as string, example(folder)]))
  const validator = new Validator()
  const differing = lines.filter((line) => {
    const { mutation, accepted } = mutationOf(line)
    const faults = validator.validate(mutated(examples.get(mutation.kind.toLowerCase()), mutation))?.faults
    return faults === undefined || (faults.length === 0) !== accepted
  })
  assert.deepEqual(differing, [])
})

test('both verdicts occur, for every kind', () => {
  for (const folder of CRD_FOLDERS) {
    const ofKind = lines.map(mutationOf).filter(({ mutation }) => mutation.kind.toLowerCase() === folder)
    assert.ok(
      ofKind.some(({ accepted }) => accepted),
      `${folder} is never accepted`,
    )
    assert.ok(
      ofKind.some(({ accepted }) => !accepted),
      `${folder} is never refused`,
    )
  }
})

test('a line of verdicts survives reading and writing', () => {
  for (const line of lines) {
    const { mutation, accepted } = mutationOf(line)
    assert.equal(lineOf(mutation, accepted), line)
  }
})

function example(folder: string): unknown {
  return parse(readFileSync(new URL(`${folder}/example.yaml`, import.meta.url), 'utf8'))
}
