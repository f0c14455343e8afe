// What documents show as YAML is what `check` accepts: whole resources, and parts of a policy or a Connection.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { PROTOCOLS } from '#sidecar/protocols/registry.ts'
import { check, connection, policy, SECRET } from './fixtures.ts'

const ROOT = new URL('../../', import.meta.url)
const DOCUMENTS = [
  'README.md',
  ...readdirSync(new URL('docs/', ROOT))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
]

/** Recipes have a test of their own, which runs them. */
const blocks = DOCUMENTS.filter((path) => path !== 'docs/recipes.md').flatMap((path) => {
  const text = readFileSync(new URL(path, ROOT), 'utf8')
  return [...text.matchAll(/^```yaml\n(.*?)^```/gms)].map(([, yaml = '']) => ({ path, yaml }))
})

describe('documents', () => {
  test('have YAML', () => assert.ok(blocks.length >= 4))

  for (const { path, yaml } of blocks) {
    test(`${path}: ${yaml.split('\n', 2).join(' ')}`, async () => {
      const target = path === 'docs/tcp.md' ? 'protocol: TCP\n  credentials: null' : ''
      const { out } = await check(resources(yaml, target), [], PROTOCOLS)
      assert.match(out, /^0 errors, 0 warnings/m)
    })
  }
})

function resources(yaml: string, target: string): readonly string[] {
  const [first = ''] = yaml.split(':')
  if (first === 'kind' || first === 'apiVersion') {
    const documents = yaml
      .split('---\n')
      .map((text) => (text.startsWith('kind') ? `apiVersion: sallyport.dev/v1alpha1\n${text}` : text))
    return [SECRET, connection('orders-db', target), ...documents]
  }
  const inside = yaml.replaceAll(/^(?=.)/gm, '  ').slice(2)
  if (first === 'settings') return [SECRET, connection('db', [target, inside].filter(Boolean).join('\n  ')), policy()]
  return [SECRET, connection('db', target), policy(inside)]
}
