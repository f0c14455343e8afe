// What is set at run time is in force: seen by what the parser's WebAssembly takes when it is busy.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'

const run = promisify(execFile)

const BUSY = `
import { readFileSync } from 'node:fs'
import { setV8 } from '#sidecar/v8-options.ts'
import { parse, ready } from '#sidecar/protocols/postgres/sql/wasm.ts'
setV8()
await ready()
for (let count = 0; count < 5_000; count++) parse('select a, count(*) from t join u using (id) where x = ' + count + ' group by 1')
console.log(Number(/VmHWM:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'latin1'))[1]) >> 10)
`

test('the SQL parser is never optimised, which would take 500 MB', { skip: process.platform !== 'linux' }, async () => {
  const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', BUSY]
  const { stdout } = await run(process.execPath, args, { cwd: join(import.meta.dirname, '../../../..') })
  const peak = Number(stdout)
  assert.ok(peak > 40 && peak < 250, `${peak} MB at most`)
})
