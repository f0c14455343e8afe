// `--decrypt` reads a key and leaves what may be evidence as it is.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { copyFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { openKeys } from '#sidecar/recorder/keys.ts'
import { Recorder } from '#sidecar/recorder/recorder.ts'
import { DONE, FULL, intent, meta } from '#sidecar/recorder/testdata.ts'
import { sessions } from './testdata.ts'

const root = mkdtempSync(join(tmpdir(), 'decrypt-'))
const state = join(root, 'state')
const key = join(root, 'recording.pub')
const installation = join(state, 'installation.key')
let id = ''

before(async () => {
  const recorder = Recorder.open(state, openKeys(state))
  const session = recorder.session(meta(), { ...FULL, literals: 'Encrypted' })
  id = session.id
  session.intent(intent('select 4711'))
  session.outcome(1, DONE)
  await recorder.close('stopped')
  copyFileSync(join(state, 'recording.pub'), key)
  for (const name of ['recording.pub', 'recording.key']) rmSync(join(state, name))
})
after(() => rmSync(root, { recursive: true }))

test('a directory without signing keys is read, and gets none', async () => {
  const before = readdirSync(state)
  const { exit, out } = await sessions('show', id, '--state', state, '--key', key, '--decrypt')
  assert.equal(exit, 0, out)
  assert.match(out, /> select 4711\n/)
  assert.deepEqual(readdirSync(state), before)
})

test('what another key cannot decrypt is said in its place, and the rest is shown', async () => {
  writeFileSync(installation, randomBytes(32))
  const { exit, out, err } = await sessions('show', id, '--state', state, '--key', key, '--decrypt')
  assert.deepEqual([exit, err], [0, ''])
  assert.match(out, /#1 > \(cannot be decrypted: it was changed, or installation.key is another one\)\n/)
  assert.match(out, /#1 = 1 rows/)
})

test('a key of another length is an error that says what to do', async () => {
  writeFileSync(installation, 'short')
  const { exit, err } = await sessions('show', id, '--state', state, '--key', key, '--decrypt')
  assert.equal(exit, 2)
  assert.match(err, /5 bytes instead of 32: restore it/)
})
