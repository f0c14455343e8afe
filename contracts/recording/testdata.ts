// Small recordings for tests, made with the codec alone.
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { FORMAT_VERSION, HASH_BYTES, isSignedKind, KIND, padded, RECORD_BYTES, SIGNATURE_BYTES } from './format.ts'
import { sealHead, sealRecords, sha256, viewOf, wordsOf, writeHead } from './frame.ts'
import { encodePreamble, type ManifestPreamble, type Preamble, type SessionPreamble } from './preamble.ts'
import { keyId, signRecord } from './signature.ts'

/** Links get their hash and signed kinds their signature. */
export interface SampleRecord {
  readonly kind: number
  readonly payload?: Buffer
}

export interface Sample {
  readonly bytes: Buffer
  /** Where each record starts; the last entry is where the file ends. */
  readonly offsets: readonly number[]
}

export const sampleKeys = generateKeyPairSync('ed25519')

export const SAMPLE: readonly SampleRecord[] = [
  { kind: KIND.start, payload: json({ session: 'sample-0001' }) },
  { kind: KIND.event, payload: json({ type: 'first' }) },
  { kind: KIND.link },
  { kind: KIND.checkpoint, payload: json({ intents: 0 }) },
  { kind: KIND.event, payload: json({ type: 'second' }) },
  { kind: KIND.event },
  { kind: KIND.link },
  { kind: KIND.event, payload: json({ type: 'third' }) },
  { kind: KIND.link },
  { kind: KIND.end, payload: json({ reason: 'done' }) },
]

const COMMON = { version: FORMAT_VERSION, keyId: keyId(sampleKeys.publicKey), startedAt: '2026-01-01T00:00:00.000Z' }

export const SAMPLE_PREAMBLE: SessionPreamble = {
  type: 'session',
  ...COMMON,
  session: 'sample-0001',
  agent: { namespace: 'agents', serviceAccount: 'analyst' },
  connection: 'data/orders',
  protocol: 'Sample',
  mediaType: 'application/x-sample',
  policyHash: 'p',
  manifest: { file: 'manifest-000001.recording', sequence: 0, hash: '' },
}

export const SAMPLE_MANIFEST: ManifestPreamble = { type: 'manifest', ...COMMON, number: 1, previous: null }

export function makeSample(
  records: readonly SampleRecord[],
  key: KeyObject = sampleKeys.privateKey,
  preamble: Preamble = SAMPLE_PREAMBLE,
): Sample {
  let bytes: Buffer = encodePreamble(preamble)
  let block = 0
  const offsets: number[] = []
  records.forEach(({ kind, payload = Buffer.alloc(0) }, index) => {
    const at = bytes.length
    offsets.push(at)
    if (kind === KIND.link) {
      bytes = append(bytes, kind, index + 1, Buffer.alloc(HASH_BYTES), (unsealed) =>
        sha256(unsealed.subarray(block, at + RECORD_BYTES)),
      )
      block = at
    } else if (isSignedKind(kind)) {
      const room = Buffer.concat([payload, Buffer.alloc(SIGNATURE_BYTES)])
      bytes = append(bytes, kind, index + 1, room, (unsealed) =>
        signRecord(unsealed.subarray(offsets.at(-2), at + RECORD_BYTES + payload.length), key),
      )
    } else bytes = append(bytes, kind, index + 1, payload)
  })
  return { bytes, offsets: [...offsets, bytes.length] }
}

/** `proof` gives the last bytes of the payload from all that is there by then. */
function append(
  before: Buffer,
  kind: number,
  sequence: number,
  payload: Buffer,
  proof: (unsealed: Buffer) => Buffer = () => Buffer.alloc(0),
): Buffer {
  const at = before.length
  const bytes = Buffer.from(new ArrayBuffer(at + RECORD_BYTES + padded(payload.length)))
  before.copy(bytes)
  writeHead(viewOf(bytes), at, kind, sequence, 1_000_000 + sequence, payload.length)
  payload.copy(bytes, at + RECORD_BYTES)
  const words = wordsOf(bytes)
  sealHead(bytes, words, at)
  const proven = proof(bytes)
  proven.copy(bytes, at + RECORD_BYTES + payload.length - proven.length)
  sealRecords(bytes, words, at, bytes.length)
  return bytes
}

export function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value))
}
