// The Dockerfiles start what the images built here start, the same way.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { executionOf, type ImageName } from './images.ts'

const DOCKERFILES: Readonly<Record<string, ImageName>> = {
  'sidecar.Dockerfile': 'sallyport-sidecar',
  'operator.Dockerfile': 'sallyport-operator',
}

describe('entry point, environment and user are those of the image', () => {
  for (const [file, image] of Object.entries(DOCKERFILES))
    test(file, () => {
      const lines = readFileSync(join(import.meta.dirname, file), 'utf8').split('\n')
      const last = (word: string) => lines.findLast((line) => line.startsWith(`${word} `))?.slice(word.length + 1)
      const { Entrypoint, Env = [], User } = executionOf(image)
      assert.deepEqual(JSON.parse(last('ENTRYPOINT') ?? '[]'), Entrypoint)
      const environment = Env.filter((variable) => !variable.startsWith('PATH='))
      assert.equal(last('ENV'), environment.join(' '))
      assert.equal(last('USER'), User)
    })
})
