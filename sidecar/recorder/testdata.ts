// What a gate would hand to the recorder, for tests.
import { generateKeyPairSync } from 'node:crypto'
import { join } from 'node:path'
import type { Timeline } from '#contracts/recording/timeline.ts'
import { Verifier } from '#contracts/recording/verify.ts'
import type { Action, Redacted } from '#sidecar/action.ts'
import type { Agent } from '#sidecar/identity/agent.ts'
import type { RecordingPolicy } from '#sidecar/policy/recording.ts'
import type { Decision } from '#sidecar/policy/verdict.ts'
import { keysFrom } from './keys.ts'
import { MemoryFiles } from './memory-files.ts'
import { Recorder, type RecorderOptions, type SessionMeta } from './recorder.ts'
import { newSessionId } from './session-id.ts'
import type { Intent } from './session-recorder.ts'

export const testKeys = keysFrom(Buffer.alloc(32, 7), generateKeyPairSync('ed25519').privateKey)

export const AGENT: Agent = { namespace: 'agents', serviceAccount: 'analyst', labels: {}, namespaceLabels: {} }

export const FULL: RecordingPolicy = {
  level: 'Full',
  literals: 'Redacted',
  durability: 'Buffered',
  onFailure: 'Deny',
  responses: { maxBytesPerStatement: 1024, maxRowsPerStatement: 10 },
}

export function meta(): SessionMeta {
  return {
    id: newSessionId(),
    agent: AGENT,
    connection: 'data/orders',
    protocol: 'Sample',
    mediaType: 'application/x-sample',
    policyHash: 'hash',
  }
}

export const ALLOWED: Decision = {
  verdict: 'Allow',
  part: 0,
  policy: 'data/analysts',
  rule: 'reads',
  reason: 'allowed by data/analysts, rule reads',
  shadows: [],
  conditionFaults: [],
  volatile: false,
}

export const SHAPE: Action['shape'] = {
  verb: 'select',
  effect: 'Read',
  parts: [
    { verb: 'select', effect: 'Read', object: { kind: 'table', name: 'public.orders' }, covers: [], columns: ['id'] },
  ],
  facts: {},
  redacted: 'select id from orders where id = ?' as Redacted,
}

export function intent(text = 'select id from orders where id = 4711', decision = ALLOWED): Intent {
  return { action: { shape: SHAPE, text, facts: {}, costly: {} }, decision, masks: [] }
}

export const DONE = { rows: 1, bytes: 10, masked: 0 }

let opened = 0

/** A recorder that soon writes to memory; only its own files are in the directory. */
export function recorderIn(directory: string, options: RecorderOptions = {}) {
  const files = new MemoryFiles()
  const quick = { files, flushMilliseconds: 1, retryMilliseconds: 1, ...options }
  return { recorder: Recorder.open(join(directory, String(++opened)), testKeys, quick), files }
}

/** Entries and verdict of a recording's bytes. */
export function readBack(bytes: Buffer, timeline: Timeline) {
  const verifier = new Verifier(testKeys.public)
  const entries = []
  for (const record of verifier.push(bytes)) {
    const entry = timeline.entry(record)
    if (entry !== undefined) entries.push(entry)
  }
  return { entries, report: verifier.finish() }
}
