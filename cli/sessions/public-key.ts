// The key that signatures must fit.
import { createPublicKey, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'

export function readPublicKey(path: string): KeyObject {
  let pem: Buffer
  try {
    pem = readFileSync(path)
  } catch (error) {
    throw new Error(`the public key ${path} cannot be read: give one with --key`, { cause: error })
  }
  const key = createPublicKey(pem)
  if (key.asymmetricKeyType !== 'ed25519') throw new Error(`${path} is not an Ed25519 public key`)
  return key
}
