// Every session of a state directory held against its own chain, its signatures and the manifest.
import type { KeyObject } from 'node:crypto'
import { KIND } from '#contracts/recording/format.ts'
import type { Preamble, SessionPreamble } from '#contracts/recording/preamble.ts'
import { type FileReport, type Problem, Verifier } from '#contracts/recording/verify.ts'
import { listFiles, readChunks, sessionFile } from './files.ts'
import { type ManifestReport, type StateProblem, verifyManifests } from './verify-manifests.ts'

/**
 * sealed   whole, and its end is signed
 * open     nothing wrong, but no end: still running, or cut by a crash, which cannot be told apart
 * altered  changed, cut or reordered: see problems
 * missing  the manifest lists it and there is no file
 * unlisted nothing wrong, but the manifest does not list it: cut within its first moments, or put here
 */
export type SessionState = 'sealed' | 'open' | 'altered' | 'missing' | 'unlisted'

export interface SessionReport {
  readonly session: string
  readonly state: SessionState
  readonly startedAt?: string
  readonly endedAt?: string
  readonly agent?: unknown
  readonly connection?: string
  readonly protocol?: string
  readonly records: number
  readonly statements: number
  /** The last record that a signature covers. What comes after it is linked, but not signed. */
  readonly signedUpTo?: number
  /** Bytes of a batch that a cut has left unfinished. */
  readonly tornBytes?: number
  readonly problems: readonly Problem[]
}

export interface StateReport {
  readonly sessions: readonly SessionReport[]
  /** Of the manifests. */
  readonly problems: readonly StateProblem[]
}

export async function verifyState(state: string, key: KeyObject): Promise<StateReport> {
  const files = listFiles(state)
  const manifest = await verifyManifests(state, key, files.manifests)
  const sessions: SessionReport[] = []
  for (const session of files.sessions) sessions.push(await verifySession(state, session, key, manifest))
  const present = new Set(files.sessions)
  for (const [session, { manifest: file }] of manifest.listed) {
    if (present.has(session)) continue
    const what = `its file is missing: ${file} lists it`
    sessions.push({ session, state: 'missing', records: 0, statements: 0, problems: [{ record: 0, what }] })
  }
  sessions.sort((a, b) => (a.session < b.session ? -1 : 1))
  return { sessions, problems: manifest.problems }
}

async function verifySession(
  state: string,
  session: string,
  key: KeyObject,
  manifest: ManifestReport,
): Promise<SessionReport> {
  const verifier = new Verifier(key)
  let statements = 0
  for await (const chunk of readChunks(state, sessionFile(session))) {
    for (const record of verifier.push(chunk)) if (record.kind === KIND.intent) statements++
  }
  const report = verifier.finish()
  const problems = [...report.problems, ...againstManifest(session, report, manifest)]
  return {
    session,
    state: problems.length > 0 ? 'altered' : stateOf(session, report, manifest),
    ...about(report.preamble),
    ...(report.lastTime === undefined ? {} : { endedAt: new Date(report.lastTime / 1000).toISOString() }),
    records: report.records,
    statements,
    ...(report.signed === undefined ? {} : { signedUpTo: report.signed.record }),
    ...(report.torn === 0 ? {} : { tornBytes: report.torn }),
    problems,
  }
}

function stateOf(session: string, report: FileReport, manifest: ManifestReport): SessionState {
  if (!manifest.listed.has(session)) return 'unlisted'
  return report.state
}

function about(preamble: Preamble | undefined): Partial<SessionReport> {
  if (preamble?.type !== 'session') return {}
  const { startedAt, agent, connection, protocol } = preamble
  return { startedAt, agent, connection, protocol }
}

function againstManifest(session: string, report: FileReport, manifest: ManifestReport): Problem[] {
  const { preamble } = report
  if (preamble !== undefined && preamble.type !== 'session')
    return [{ record: 0, what: 'it is a manifest under a session’s name' }]
  const problems: Problem[] = []
  if (preamble !== undefined && preamble.session !== session) {
    problems.push({ record: 0, what: `it is session ${preamble.session} under another name` })
  }
  const listing = manifest.listed.get(session)
  if (listing === undefined) {
    if (preamble !== undefined && shouldBeListed(preamble, manifest)) {
      problems.push({ record: 0, what: 'the manifest goes on after it began and does not list it' })
    }
  } else if (listing.preamble !== report.preambleHash) {
    const what =
      preamble === undefined ? 'its preamble is cut off' : 'its preamble is not the one that the manifest lists'
    problems.push({ record: 0, what })
  }
  const seal = manifest.seals.get(session)
  if (seal !== undefined && (seal.hash !== report.lastHash || seal.records !== report.records)) {
    problems.push({
      record: report.records + 1,
      what: `the manifest lists it as sealed after record ${seal.records}, and it ${report.state === 'sealed' ? 'ends otherwise' : `ends after record ${report.records}`}`,
    })
  }
  return problems
}

/**
 * A session is listed once its file exists: in the batch that was open when it began or the one after. Only a crash in
 * between leaves a session that is not listed, and then the manifest ends there.
 */
function shouldBeListed(preamble: SessionPreamble, manifest: ManifestReport): boolean {
  const checkpoints = manifest.checkpoints.get(preamble.manifest.file)
  if (checkpoints === undefined) return true
  return checkpoints.filter((sequence) => sequence > preamble.manifest.sequence).length > 2
}
