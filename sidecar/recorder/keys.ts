// The installation's keys, kept in the state directory and made on first use: 32 random bytes from which every symmetric
// key is derived, and an Ed25519 key that signs recordings. Whoever has the public half (`recording.pub`) can verify.
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto'
import { closeSync, fsyncSync, linkSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { basename, join } from 'node:path'
import { keyId } from '#contracts/recording/signature.ts'
import { errorCode, systemReason } from '#sidecar/system-reason.ts'
import { makeStateDirectory } from './state-directory.ts'

/** One derived key per purpose, so that no two uses share one (RFC 5869 §3.2). */
export type Purpose = 'digest' | 'hash-mask' | 'tokenize' | 'literals' | 'response-digest'

/** 32 bytes. `context` separates uses inside one purpose: a session's id. */
export type Derivation = (purpose: Purpose, context?: string) => Buffer

export interface Keys {
  readonly signing: KeyObject
  readonly public: KeyObject
  readonly publicPem: string
  readonly id: string
  readonly derive: Derivation
}

const INSTALLATION = 'installation.key'
const SIGNING = 'recording.key'
const PUBLIC = 'recording.pub'

/** Reads the keys of a state directory, making those that are missing. */
export function openKeys(directory: string): Keys {
  makeStateDirectory(directory)
  const path = join(directory, INSTALLATION)
  const installation = wholeKey(
    path,
    readOrMake(path, () => randomBytes(32)),
  )
  const pem = readOrMake(join(directory, SIGNING), () => {
    const { privateKey } = generateKeyPairSync('ed25519')
    return Buffer.from(privateKey.export({ type: 'pkcs8', format: 'pem' }))
  })
  const keys = keysFrom(installation, createPrivateKey(pem))
  const published = readOrMake(join(directory, PUBLIC), () => Buffer.from(keys.publicPem), 0o644)
  if (idOf(published) !== keys.id) {
    throw new Error(
      `${join(directory, PUBLIC)} is not the public half of ${SIGNING}, so nobody could verify with it what is recorded now: restore the one that fits, or remove it to have it written anew`,
    )
  }
  return keys
}

/** Of an `installation.key`, for whoever reads recordings: makes no file. */
export function readDerivation(path: string): Derivation {
  return derivation(wholeKey(path, readFileSync(path)))
}

/** Keys that live in memory only: where the state directory does not outlive the process, and for tests. */
export function keysFrom(installation: Uint8Array, signing: KeyObject): Keys {
  const publicKey = createPublicKey(signing)
  return {
    signing,
    public: publicKey,
    publicPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    id: keyId(publicKey),
    derive: derivation(installation),
  }
}

function derivation(installation: Uint8Array): Derivation {
  return (purpose, context = '') =>
    Buffer.from(hkdfSync('sha256', installation, '', `sallyport v1 ${purpose} ${context}`, 32))
}

function wholeKey(path: string, bytes: Buffer): Buffer {
  if (bytes.length === 32) return bytes
  throw new Error(
    `${path} has ${bytes.length} bytes instead of 32: restore it, or remove it to begin a new installation`,
  )
}

/** Undefined where it is no public key at all. */
function idOf(pem: Buffer): string | undefined {
  try {
    return keyId(createPublicKey(pem))
  } catch {
    return undefined
  }
}

function readOrMake(path: string, make: () => Buffer, mode = 0o600): Buffer {
  const present = readIfPresent(path)
  if (present !== undefined) return present
  try {
    return makeWhole(path, make, mode)
  } catch (error) {
    throw new Error(`${basename(path)} cannot be written: ${systemReason(error)}`, { cause: error })
  }
}

/** link() makes the name appear with its whole content or not at all, and never replaces what another process made first. */
function makeWhole(path: string, make: () => Buffer, mode: number): Buffer {
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`
  const descriptor = openSync(draft, 'wx', mode)
  try {
    writeSync(descriptor, make())
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
  try {
    linkSync(draft, path)
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error
  } finally {
    rmSync(draft)
  }
  return readFileSync(path)
}

function readIfPresent(path: string): Buffer | undefined {
  try {
    return readFileSync(path)
  } catch (error) {
    const code = errorCode(error)
    if (code === 'ENOENT') return undefined
    const why = code === 'EACCES' ? ' by this user' : `: ${systemReason(error)}`
    throw new Error(`${basename(path)} cannot be read${why}`, { cause: error })
  }
}
