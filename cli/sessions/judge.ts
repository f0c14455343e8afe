// What becomes of a recording's own verdict once it is held against the manifests.
import type { SessionPreamble } from '#contracts/recording/preamble.ts'
import type { FileReport, Problem } from '#contracts/recording/verify.ts'
import type { ManifestReport } from './verify-manifests.ts'

/**
 * sealed      whole, and its end is signed
 * open        nothing wrong, but no end: still running, or cut by a crash, which cannot be told apart
 * altered     changed, cut or reordered: see problems
 * missing     the manifest lists it and there is no file
 * unlisted    nothing wrong, but the manifest does not list it: cut within its first moments, or put here
 * unreadable  what is under its name is no file, or may not be read
 */
export type SessionState = 'sealed' | 'open' | 'altered' | 'missing' | 'unlisted' | 'unreadable'

export interface Judgement {
  readonly state: SessionState
  readonly problems: readonly Problem[]
}

export function judge(session: string, report: FileReport, manifest: ManifestReport): Judgement {
  const problems = [...report.problems, ...againstManifest(session, report, manifest)]
  return { state: problems.length > 0 ? 'altered' : stateOf(session, report, manifest), problems }
}

function stateOf(session: string, report: FileReport, manifest: ManifestReport): SessionState {
  if (!manifest.listed.has(session)) return 'unlisted'
  return report.state
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
    const what = preamble === undefined ? undefined : whyListed(preamble, manifest)
    if (what !== undefined) problems.push({ record: 0, what })
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
function whyListed({ manifest: began }: SessionPreamble, manifest: ManifestReport): string | undefined {
  const checkpoints = manifest.checkpoints.get(began.file)
  if (checkpoints === undefined) return `${began.file}, in force when it began, is missing`
  // What is wrong with a manifest is said of the manifest, not of every session that it can no longer list.
  if (manifest.problems.some(({ file }) => file === began.file)) return undefined
  const after = checkpoints.filter((sequence) => sequence > began.sequence).length
  return after > 2 ? 'the manifest goes on after it began and does not list it' : undefined
}
