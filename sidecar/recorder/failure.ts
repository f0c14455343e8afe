// The recorder cannot keep a record. The gate refuses the action with this message, unless the policy says otherwise.
import { errorCode } from '#sidecar/system-reason.ts'

export type RecordingFailureCode = 'write-failed' | 'full' | 'closed'

export class RecordingFailed extends Error {
  override readonly name = 'RecordingFailed'
  readonly code: RecordingFailureCode

  constructor(code: RecordingFailureCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
  }
}

/** Faults that pass when somebody frees space or descriptors; the same bytes are tried again at the same place. */
const PASSING = new Set(['ENOSPC', 'EDQUOT', 'EMFILE', 'ENFILE', 'EAGAIN'])

export function isPassing(error: unknown): boolean {
  return PASSING.has(codeOf(error))
}

function codeOf(error: unknown): string {
  return errorCode(error) ?? 'EUNKNOWN'
}

export function writeFailed(file: string, error: unknown): RecordingFailed {
  const code = codeOf(error)
  const remedy =
    code === 'ENOSPC' || code === 'EDQUOT' ? 'free space in the state directory' : `check the state directory (${code})`
  return new RecordingFailed('write-failed', `the session's recording ${file} cannot be written: ${remedy}`, error)
}
