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
  const key = publicKeyOf(pem)
  if (key?.asymmetricKeyType !== 'ed25519')
    throw new Error(`${path} is no Ed25519 public key in PEM: give one with --key, such as a copy of recording.pub`)
  return key
}

function publicKeyOf(pem: Buffer): KeyObject | undefined {
  try {
    return createPublicKey(pem)
  } catch {
    return undefined
  }
}
