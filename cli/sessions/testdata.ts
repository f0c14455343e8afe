// State directories made of samples, and the command run on them: for tests.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { KIND } from '#contracts/recording/format.ts'
import { sha256 } from '#contracts/recording/frame.ts'
import type { Preamble } from '#contracts/recording/preamble.ts'
import {
  json,
  makeSample,
  SAMPLE,
  SAMPLE_MANIFEST,
  SAMPLE_PREAMBLE,
  type SampleRecord,
  sampleKeys,
} from '#contracts/recording/testdata.ts'
import { run } from './run.ts'

export interface Ran {
  readonly exit: number
  readonly out: string
  readonly err: string
}

export async function sessions(...args: string[]): Promise<Ran> {
  let out = ''
  let err = ''
  const io = { stdout: { write: (text: string) => (out += text) }, stderr: { write: (text: string) => (err += text) } }
  return { exit: await run(args, io), out, err }
}

/** Of a session: its preamble changed, and its records. */
export interface Session {
  readonly preamble?: object
  readonly records?: readonly SampleRecord[]
}

/** A directory with these sessions and one manifest that lists all of them. */
export function writeState(state: string, of: Readonly<Record<string, Session>>): void {
  mkdirSync(join(state, 'recordings'), { recursive: true })
  writeFileSync(join(state, 'recording.pub'), sampleKeys.publicKey.export({ type: 'spki', format: 'pem' }))
  const made = Object.entries(of).map(([session, { preamble, records = SAMPLE }]) => {
    const sample = makeSample(records, undefined, { ...SAMPLE_PREAMBLE, session, ...preamble })
    writeFileSync(recordingIn(state, session), sample.bytes)
    return listed(session, sample.bytes.subarray(0, sample.offsets[0]))
  })
  writeManifest(state, [
    ...made,
    { kind: KIND.link },
    { kind: KIND.checkpoint, payload: json({ entries: made.length }) },
  ])
}

export function writeManifest(
  state: string,
  records: readonly SampleRecord[],
  preamble: Preamble = SAMPLE_MANIFEST,
): void {
  writeFileSync(recordingIn(state, 'manifest-000001'), makeSample(records, undefined, preamble).bytes)
}

export function listed(session: string, preamble: Buffer): SampleRecord {
  return { kind: KIND.listed, payload: json({ session, preamble: sha256(preamble).toString('hex') }) }
}

export function recordingIn(state: string, name: string): string {
  return join(state, 'recordings', `${name}.recording`)
}
