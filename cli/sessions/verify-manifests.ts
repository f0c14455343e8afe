// The manifests of a state directory: which sessions there must be, and whether the manifests themselves are whole.
import type { KeyObject } from 'node:crypto'
import { isSignedKind, KIND } from '#contracts/recording/format.ts'
import { numberIn, textIn } from '#contracts/recording/members.ts'
import type { ManifestPreamble, Preamble } from '#contracts/recording/preamble.ts'
import { type DetailEntry, Timeline } from '#contracts/recording/timeline.ts'
import { type FileReport, Verifier } from '#contracts/recording/verify.ts'
import { Unreadable } from './files.ts'
import { readRecords } from './read-records.ts'

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
  const checkpoints = new Map<string, readonly number[]>()
  const problems: StateProblem[] = []
  let before: Before | undefined
  let expected = 1
  for (const { number, name } of manifests) {
    if (number !== expected) problems.push({ file: name, record: 0, what: `manifest ${expected} is missing before it` })
    const read = await readManifest(state, key, name).catch((error) => unreadable(error))
    for (const [session, listing] of read.listed) listed.set(session, listing)
    for (const [session, seal] of read.seals) seals.set(session, seal)
    checkpoints.set(name, read.checkpoints)
    for (const problem of read.problems) problems.push({ file: name, ...problem })
    for (const what of placeProblems(read.preamble, number, before)) problems.push({ file: name, record: 0, what })
    before = { name, ends: read.ends }
    expected = number + 1
  }
  if (manifests.length === 0)
    problems.push({ file: 'manifest-000001.recording', record: 0, what: 'there is no manifest' })
  return { listed, seals, checkpoints, problems }
}

/** The manifest before another one. */
interface Before extends Pick<ManifestRead, 'ends'> {
  readonly name: string
}

interface ManifestRead extends Pick<ManifestReport, 'listed' | 'seals'>, Pick<FileReport, 'preamble' | 'problems'> {
  /** Sequence numbers. */
  readonly checkpoints: readonly number[]
  /** Where the file can have ended: behind its preamble, a link or the signed record after it, with the hash of that. */
  readonly ends: ReadonlyMap<number, string>
}

async function readManifest(state: string, key: KeyObject, name: string): Promise<ManifestRead> {
  const verifier = new Verifier(key)
  const timeline = new Timeline()
  const entries: DetailEntry[] = []
  const ends = new Map<number, string>()
  let lastHash = ''
  for await (const record of readRecords(state, name, verifier)) {
    if (record.kind === KIND.link) lastHash = record.payload.toString('hex')
    if (record.kind === KIND.link || isSignedKind(record.kind)) ends.set(record.offset + record.bytes.length, lastHash)
    const entry = record.fits ? timeline.entry(record) : undefined
    if (entry?.type === 'checkpoint' || entry?.type === 'listed' || entry?.type === 'sealed') entries.push(entry)
  }
  const { preamble, preambleHash, problems, signed } = verifier.finish()
  if (preamble?.type === 'manifest') ends.set(verifier.preambleLength, preambleHash)
  // Anybody can link entries to the last checkpoint: they list nothing before the next one is signed.
  const vouched = entries.filter(({ record }) => signed !== undefined && record <= signed.record)
  return { preamble, problems, ends, ...listedBy(vouched, name) }
}

function listedBy(
  entries: readonly DetailEntry[],
  manifest: string,
): Pick<ManifestRead, 'listed' | 'seals' | 'checkpoints'> {
  const listed = new Map<string, Listing>()
  const seals = new Map<string, Seal>()
  const checkpoints: number[] = []
  for (const entry of entries) {
    if (entry.type === 'checkpoint') checkpoints.push(entry.record)
    if (entry.type === 'listed') listed.set(textIn(entry.detail, 'session'), listingIn(entry, manifest))
    if (entry.type === 'sealed') seals.set(textIn(entry.detail, 'session'), sealIn(entry))
  }
  return { listed, seals, checkpoints }
}

function listingIn({ detail }: DetailEntry, manifest: string): Listing {
  return { manifest, preamble: textIn(detail, 'preamble') }
}

function sealIn({ detail }: DetailEntry): Seal {
  return { records: numberIn(detail, 'records'), hash: textIn(detail, 'hash') }
}

function unreadable(error: unknown): ManifestRead {
  if (!(error instanceof Unreadable)) throw error
  const problems = [{ record: 0, what: error.message }]
  return { preamble: undefined, problems, ends: new Map(), ...listedBy([], '') }
}

/** What is wrong with its being manifest `number`, behind the one before. */
function placeProblems(preamble: Preamble | undefined, number: number, before: Before | undefined): readonly string[] {
  if (preamble === undefined) return []
  if (preamble.type !== 'manifest') return ['it is not a manifest']
  const link = linkProblem(preamble.previous, before, number)
  const other = preamble.number === number ? [] : [`it is manifest ${preamble.number}`]
  return link === undefined ? other : [link, ...other]
}

function linkProblem(
  previous: ManifestPreamble['previous'],
  before: Before | undefined,
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
