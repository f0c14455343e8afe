import assert from 'node:assert/strict'
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { openKeys } from './keys.ts'

const root = mkdtempSync(join(tmpdir(), 'keys-'))
after(() => rmSync(root, { recursive: true }))

test('keys are made once, for the owner only, and read again', () => {
  const state = join(root, 'fresh')
  const made = openKeys(state)
  const again = openKeys(state)
  assert.deepEqual(again.derive('tokenize'), made.derive('tokenize'))
  assert.equal(again.publicPem, made.publicPem)
  assert.equal(readFileSync(join(state, 'recording.pub'), 'utf8'), made.publicPem)
  assert.deepEqual(readdirSync(state).sort(), ['installation.key', 'recording.key', 'recording.pub'])
  assert.equal(statSync(join(state, 'installation.key')).mode & 0o777, 0o600)
  assert.equal(statSync(join(state, 'recording.key')).mode & 0o777, 0o600)
})

test('every purpose, context and installation has keys of its own', () => {
  const a = openKeys(join(root, 'a'))
  const b = openKeys(join(root, 'b'))
  const derived = [
    a.derive('digest'),
    a.derive('hash-mask'),
    a.derive('literals', 's1'),
    a.derive('literals', 's2'),
    b.derive('digest'),
  ]
  assert.equal(new Set(derived.map((key) => key.toString('hex'))).size, derived.length)
})

test('a public key that belongs to another private one is an error: nobody could verify with it', () => {
  const [state, other] = [join(root, 'one'), join(root, 'another')]
  openKeys(state)
  openKeys(other)
  copyFileSync(join(other, 'recording.pub'), join(state, 'recording.pub'))
  assert.throws(() => openKeys(state), /recording.pub is not the public half of recording.key.*remove it/)
  writeFileSync(join(state, 'recording.pub'), 'no key')
  assert.throws(() => openKeys(state), /is not the public half/)
  rmSync(join(state, 'recording.pub'))
  assert.equal(openKeys(state).publicPem, readFileSync(join(state, 'recording.pub'), 'utf8'))
})

test('a damaged installation key is an error that says what to do, never a new key', () => {
  const state = join(root, 'damaged')
  openKeys(state)
  writeFileSync(join(state, 'installation.key'), 'short')
  assert.throws(() => openKeys(state), /5 bytes instead of 32: restore it/)
})
