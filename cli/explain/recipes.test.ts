// docs/recipes.md, run: each policy passes `check` without a warning, and does to every statement what the page says.
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { loadManifests } from '#crds/load.ts'
import { readCatalogFile } from '#sidecar/protocols/postgres/catalog/file.ts'
import { PROTOCOLS } from '#sidecar/protocols/registry.ts'
import { parseAgent } from '../agent-option.ts'
import { checkManifests } from '../check/check.ts'
import { Explainer } from './explain.ts'
import { pairOf } from './run.ts'

const text = readFileSync(new URL('../../docs/recipes.md', import.meta.url), 'utf8')
const CATALOG = new URL('../../sidecar/protocols/postgres/sql/testdata/shop.catalog.json', import.meta.url)
const catalog = readCatalogFile(readFileSync(CATALOG, 'utf8'))

const TARGET = readFileSync(new URL('../../examples/postgres/connection.yaml', import.meta.url), 'utf8')
const SECRET = readFileSync(new URL('../../examples/postgres/secret.yaml', import.meta.url), 'utf8')
const [HEAD = ''] = /^apiVersion: .*?\n {2}connections: [^\n]*\n/ms.exec(text) ?? []
const ASKED = {
  connection: { namespace: 'data', name: 'orders-db' },
  agent: parseAgent('namespace=agents,serviceAccount=analyst'),
}

/** A policy as it would be in a file: what the page leaves out is that of its first one. */
function whole(yaml: string): string {
  return yaml.startsWith('apiVersion:') ? yaml : `${HEAD}${yaml.replaceAll(/^(?=.)/gm, '  ')}`
}

const recipes = text.split('\n## ').flatMap((section) => {
  const [title = ''] = section.split('\n')
  const [, yaml] = /```yaml\n(.*?)```/s.exec(section) ?? []
  const [, said = ''] = /```text\n(.*?)```/s.exec(section) ?? []
  return yaml === undefined ? [] : [{ title, yaml: whole(yaml), lines: said.split('\n').filter((line) => line !== '') }]
})

describe('docs/recipes.md', () => {
  const directory = mkdtempSync(join(tmpdir(), 'sallyport-recipes-'))
  after(() => rmSync(directory, { recursive: true }))

  test('has policies', () => assert.ok(recipes.length >= 10))

  for (const [index, { title, yaml, lines }] of recipes.entries()) {
    const file = join(directory, `${index}.yaml`)
    writeFileSync(file, [TARGET, SECRET, yaml].join('---\n'))

    test(`${title}: check finds nothing`, async () => {
      assert.deepEqual(checkManifests(await loadManifests(file), PROTOCOLS), [])
    })

    for (const line of lines) {
      test(`${title}: ${line}`, async () => {
        const [, statement = '', time, said] = /^(.*?)(?: at (\d{4}-[^ ]+))? → (.*)$/.exec(line) ?? []
        const pair = pairOf(ASKED, await loadManifests(file))
        const explainer = new Explainer(pair, catalog, ['pg_catalog', 'public'], { estimate: async () => 3 })
        const at = time === undefined ? Date.now() : Date.parse(time)
        const { decision, rule, masks } = await explainer.explain({ statement, parameters: [] }, at)
        const columns = masks.map(({ column }) => column).join(', ')
        const found = `${decision}${rule === null ? '' : ` ${rule}`}${columns === '' ? '' : `; masked ${columns}`}`
        assert.equal(found, said)
      })
    }
  }
})
