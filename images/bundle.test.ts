// A bundle does what the sources do, from anywhere, with nothing of the checkout beside it.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { bundle } from './bundle.ts'

const MANIFESTS = resolve(import.meta.dirname, '../examples/postgres')

describe('the command line, bundled', () => {
  let folder: string
  let script: string

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sallyport-bundle-test-'))
    script = join(folder, await bundle('cli/main.ts', folder))
  })
  after(() => rm(folder, { recursive: true, force: true }))

  const explain = async (statement: string): Promise<{ readonly verb?: unknown }> => {
    const options = [
      '--manifests',
      MANIFESTS,
      '--connection',
      'data/orders-db',
      '--agent',
      'namespace=a,serviceAccount=b',
    ]
    return JSON.parse(await run([script, 'explain', ...options], `${JSON.stringify(statement)}\n`))
  }

  test('knows its version, from the package beside it', async () => {
    assert.match(await run([script, '--version']), /^sallyport \d+\.\d+\.\d+\n$/)
  })

  test('validates manifests against the resources’ schemas', async () => {
    assert.match(await run([script, 'check', MANIFESTS]), /^0 errors/)
  })

  test('finds the grammar in WebAssembly and the built-in catalogs', async () => {
    assert.equal((await explain('delete from pg_catalog.pg_class')).verb, 'delete')
  })

  test('finds its worker, which takes long statements', async () => {
    assert.ok(existsSync(join(folder, 'sidecar/protocols/postgres/sql/parse-worker.js')))
    assert.equal((await explain(`select ${Array(40_000).fill('1').join(', ')}`)).verb, 'select')
  })
})

test('what a program imports when it is needed is there, by its names', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-bundle-test-'))
  context.after(() => rm(folder, { recursive: true, force: true }))
  assert.equal(await run([join(folder, await bundle('images/testing/imports-late.ts', folder))]), 'function\n')
})

function run(args: readonly string[], stdin = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(process.execPath, args, { cwd: '/', maxBuffer: 16 << 20 }, (error, stdout, stderr) =>
      error ? reject(new Error(`${args[1]}: ${error.message}\n${stderr}`)) : resolve(stdout),
    )
    child.stdin?.end(stdin)
  })
}
