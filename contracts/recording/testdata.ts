// Small recordings for tests, made with the codec alone.
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { HEAD_BYTES, KIND, SIGNATURE_BYTES } from './format.ts'
import { encodeRecord, sha256 } from './frame.ts'
import { encodePreamble } from './preamble.ts'
import { keyId, signRecord } from './signature.ts'

export interface SampleRecord {
  readonly kind: number
  readonly payload: Buffer
  readonly signed?: boolean
}

export interface Sample {
  readonly bytes: Buffer
  /** Where each record starts, its leading hash included; the last entry is where the tail starts. */
  readonly offsets: readonly number[]
}

export const sampleKeys = generateKeyPairSync('ed25519')

export const SAMPLE: readonly SampleRecord[] = [
  { kind: KIND.start, payload: json({ session: 'sample-0001' }) },
  { kind: KIND.event, payload: json({ type: 'first' }) },
  { kind: KIND.checkpoint, payload: json({ intents: 0 }), signed: true },
  { kind: KIND.event, payload: json({ type: 'second' }) },
  { kind: KIND.event, payload: Buffer.alloc(0) },
  { kind: KIND.end, payload: json({ reason: 'done' }), signed: true },
]

export function makeSample(records: readonly SampleRecord[], key: KeyObject = sampleKeys.privateKey): Sample {
  const preamble = encodePreamble({
    type: 'session',
    version: 1,
    keyId: keyId(sampleKeys.publicKey),
    startedAt: '2026-01-01T00:00:00.000Z',
    session: 'sample-0001',
    agent: { namespace: 'agents', serviceAccount: 'analyst' },
    connection: 'data/orders',
    protocol: 'Sample',
    mediaType: 'application/x-sample',
    policyHash: 'p',
    manifest: { file: 'manifest-000001.recording', sequence: 0, hash: '' },
  })
  const pieces = [preamble]
  const offsets: number[] = []
  let previous = sha256(preamble)
  let at = preamble.length
  records.forEach(({ kind, payload, signed }, index) => {
    const room = signed === true ? Buffer.concat([payload, Buffer.alloc(SIGNATURE_BYTES)]) : payload
    const record = encodeRecord(previous, kind, index + 1, 1_000_000 + index, room)
    if (signed === true)
      signRecord(record.subarray(0, record.length - SIGNATURE_BYTES), key).copy(record, record.length - SIGNATURE_BYTES)
    offsets.push(at)
    pieces.push(record)
    at += record.length
    previous = sha256(record)
  })
  offsets.push(at)
  return { bytes: Buffer.concat([...pieces, previous]), offsets }
}

export function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value))
}

export const PAYLOAD_AT = 32 + HEAD_BYTES
