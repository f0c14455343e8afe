import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readPublicKey } from './public-key.ts'

test('a file that holds no key is named, with what should be given', () => {
  assert.throws(() => readPublicKey(import.meta.filename), {
    message: `${import.meta.filename} is no Ed25519 public key in PEM: give one with --key, such as a copy of recording.pub`,
  })
})

test('a key that is not there is named', () => {
  assert.throws(() => readPublicKey('/nowhere'), {
    message: 'the public key /nowhere cannot be read: give one with --key',
  })
})
