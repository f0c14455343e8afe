// The manifests of a state directory: which sessions there must be, and whether the manifests themselves are whole.
import type { KeyObject } from 'node:crypto'
import { isSignedKind, KIND } from '#contracts/recording/format.ts'
import { Timeline } from '#contracts/recording/timeline.ts'
import { Verifier } from '#contracts/recording/verify.ts'
import { readChunks } from './files.ts'

export interface StateProblem {
  readonly file: string
  readonly record: number
  readonly what: string
}

export interface Listing {
  readonly manifest: string
  /** Hash of the session's preamble. */
  readonly preamble: string
}

export interface Seal {
  readonly records: number
  readonly hash: string
}

export interface ManifestReport {
  readonly listed: ReadonlyMap<string, Listing>
  readonly seals: ReadonlyMap<string, Seal>
  /** Sequence numbers of the checkpoints of each manifest. */
  readonly checkpoints: ReadonlyMap<string, readonly number[]>
  readonly problems: readonly StateProblem[]
}

export async function verifyManifests(
  state: string,
  key: KeyObject,
  manifests: readonly { readonly number: number; readonly name: string }[],
): Promise<ManifestReport> {
  const listed = new Map<string, Listing>()
  const seals = new Map<string, Seal>()
  const checkpoints = new Map<string, number[]>()
  const problems: StateProblem[] = []
  /** Where the manifest before can end: behind a link or the signed record after it, with the hash of that link. */
  let before: { readonly name: string; readonly ends: Map<number, string> } | undefined
  let expected = 1
  for (const { number, name } of manifests) {
    if (number !== expected) problems.push({ file: name, record: 0, what: `manifest ${expected} is missing before it` })
    const verifier = new Verifier(key)
    const timeline = new Timeline()
    const ends = new Map<number, string>()
    let lastHash = ''
    const signed: number[] = []
    for await (const chunk of readChunks(state, name)) {
      for (const record of verifier.push(chunk)) {
        if (record.kind === KIND.link) lastHash = record.payload.toString('hex')
        if (record.kind === KIND.link || isSignedKind(record.kind))
          ends.set(record.offset + record.bytes.length, lastHash)
        const entry = timeline.entry(record)
        if (entry?.type === 'checkpoint') signed.push(record.sequence)
        if (entry?.type === 'listed') {
          listed.set(text(entry.detail['session']), { manifest: name, preamble: text(entry.detail['preamble']) })
        }
        if (entry?.type === 'sealed') {
          seals.set(text(entry.detail['session']), {
            records: Number(entry.detail['records']),
            hash: text(entry.detail['hash']),
          })
        }
      }
    }
    const report = verifier.finish()
    for (const problem of report.problems) problems.push({ file: name, ...problem })
    const preamble = report.preamble
    if (preamble?.type === 'manifest') {
      const what = linkProblem(preamble.previous, before, number)
      if (what !== undefined) problems.push({ file: name, record: 0, what })
      if (preamble.number !== number)
        problems.push({ file: name, record: 0, what: `it is manifest ${preamble.number}` })
      ends.set(verifier.preambleLength, report.preambleHash)
    } else if (preamble !== undefined) problems.push({ file: name, record: 0, what: 'it is not a manifest' })
    checkpoints.set(name, signed)
    before = { name, ends }
    expected = number + 1
  }
  if (manifests.length === 0)
    problems.push({ file: 'manifest-000001.recording', record: 0, what: 'there is no manifest' })
  return { listed, seals, checkpoints, problems }
}

function linkProblem(
  previous: { readonly file: string; readonly bytes: number; readonly hash: string } | null,
  before: { readonly name: string; readonly ends: ReadonlyMap<number, string> } | undefined,
  number: number,
): string | undefined {
  if (previous === null)
    return number === 1 || before === undefined
      ? undefined
      : `it names no manifest before it, but ${before.name} is there`
  if (before === undefined) return `${previous.file}, which it follows, is missing`
  if (previous.file !== before.name) return `it follows ${previous.file}, not ${before.name}`
  if (previous.bytes === 0) return undefined
  if (before.ends.get(previous.bytes) !== previous.hash)
    return `${before.name} is not what it was when this one began: altered or cut`
  return undefined
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
