// The bypass corpus through `explain`'s code: append-only; each row is decided as it says, under the policy of the file's name.
import assert from 'node:assert/strict'
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import { Explainer } from '#cli/explain/explain.ts'
import { pairOf } from '#cli/explain/run.ts'
import { loadManifests } from '#crds/load.ts'
import { readCatalogFile } from '#sidecar/protocols/postgres/catalog/file.ts'
import { rowsOf } from './rows.ts'

const CATALOG = new URL('../../sidecar/protocols/postgres/sql/testdata/shop.catalog.json', import.meta.url)

async function explainerOf(name: string): Promise<Explainer> {
  const directory = await mkdtemp(join(tmpdir(), 'corpus-'))
  await cp(new URL(`${name}.yaml`, import.meta.url), join(directory, `${name}.yaml`))
  const manifests = await loadManifests(directory)
  await rm(directory, { recursive: true })
  assert.deepEqual(manifests.findings, [])
  const agent = { namespace: 'agents', serviceAccount: 'corpus', labels: {}, namespaceLabels: {} }
  const pair = pairOf({ agent, connection: { namespace: 'data', name: 'shop' } }, manifests)
  return new Explainer(pair, readCatalogFile(await readFile(CATALOG, 'utf8')), ['pg_catalog', 'public'])
}

/** Rows by file, and how many it has at least: rows are added, never taken away. */
const FILES = { postgres: 430, masks: 440, fields: 128 }

for (const [name, least] of Object.entries(FILES)) {
  const rows = await rowsOf(name)
  describe(`the bypass corpus, ${name}`, () => {
    let explainer: Explainer
    before(async () => {
      explainer = await explainerOf(name)
    })

    test('has its rows', () => assert.ok(rows.length >= least))

    for (const [index, row] of rows.entries()) {
      test(`${index + 1}: ${row.expect}: ${row.why}: ${JSON.stringify(row.statement)}`, async () => {
        const answer = await explainer.explain({ statement: row.statement, parameters: [] })
        assert.equal(answer.decision, row.expect, answer.reason)
        if (row.expect === 'Allow') {
          assert.deepEqual(
            answer.masks.map(({ column }) => column),
            row.masked ?? [],
          )
        }
      })
    }
  })
}
