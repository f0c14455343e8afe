// Every session of a state directory held against its own chain, its signatures and the manifest.
import type { KeyObject } from 'node:crypto'
import { KIND } from '#contracts/recording/format.ts'
import type { Preamble } from '#contracts/recording/preamble.ts'
import { type Problem, Verifier } from '#contracts/recording/verify.ts'
import { listFiles, sessionFile, Unreadable } from './files.ts'
import { judge, type SessionState } from './judge.ts'
import { readRecords } from './read-records.ts'
import { type ManifestReport, type StateProblem, verifyManifests } from './verify-manifests.ts'

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
  try {
    for await (const { kind } of readRecords(state, sessionFile(session), verifier)) {
      if (kind === KIND.intent) statements++
    }
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error
    const problems = [{ record: 0, what: error.message }]
    return { session, state: 'unreadable', records: 0, statements: 0, problems }
  }
  const report = verifier.finish()
  return {
    session,
    ...about(report.preamble),
    ...(report.lastTime === undefined ? {} : { endedAt: new Date(report.lastTime / 1000).toISOString() }),
    records: report.records,
    statements,
    ...(report.signed === undefined ? {} : { signedUpTo: report.signed.record }),
    ...(report.torn === 0 ? {} : { tornBytes: report.torn }),
    ...judge(session, report, manifest),
  }
}

function about(preamble: Preamble | undefined): Partial<SessionReport> {
  if (preamble?.type !== 'session') return {}
  const { startedAt, agent, connection, protocol } = preamble
  return { startedAt, agent, connection, protocol }
}
