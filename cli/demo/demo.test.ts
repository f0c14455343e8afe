import assert from 'node:assert/strict'
import { test } from 'node:test'
import { run } from './run.ts'
import { mustHideSecrets } from './story.ts'

test('the demo shows what it says, and ends by itself', async () => {
  let [out, err] = ['', '']
  const io = {
    stdout: { write: (text: string) => (out += text) },
    stderr: { write: (text: string) => (err += text) },
  }
  const code = await run(['--once'], io)
  assert.equal(code, 0, `${out}\n${err}`)
  assert.match(out, /All of it really happened/)
})

test('an option it does not have is refused', async () => {
  let err = ''
  const code = await run(['--twice'], { stdout: { write: () => {} }, stderr: { write: (text) => (err += text) } })
  assert.equal(code, 2)
  assert.match(err, /unknown: --twice/)
})

test('a protected value in what is shown makes the demo fail', () => {
  assert.throws(() => mustHideSecrets('ssn 536-22-8714', 'a step'), /not so/)
})
