// What a failed list or watch means for the next attempt. Pure: the table of everything that the API server, and what
// lies between, is known to do.
import { ApiError } from './api-error.ts'

export type RestartReason =
  | 'ended'
  | 'silent'
  | 'expired'
  | 'ahead'
  | 'throttled'
  | 'unauthorized'
  | 'forbidden'
  | 'not-served'
  | 'unreachable'
  | 'garbled'
  | 'failed'

export interface Restart {
  readonly reason: RestartReason
  /** Whether where we were is of no use any more. */
  readonly relist: boolean
  /** What the API server asked for, bounded. */
  readonly waitMilliseconds: number
}

/** A peer could ask for a year. */
const LONGEST_WAIT_SECONDS = 120

export function restartAfter(error: unknown): Restart {
  if (!(error instanceof ApiError)) return { reason: 'failed', relist: true, waitMilliseconds: 0 }
  const seconds = Math.min(error.retryAfterSeconds ?? 0, LONGEST_WAIT_SECONDS)
  return { ...meaningOf(error), waitMilliseconds: seconds * 1000 }
}

function meaningOf({ code, reason, causes }: ApiError): Pick<Restart, 'reason' | 'relist'> {
  // 410 is `Expired` in an ERROR event and `Gone` in a status line; either way the history we need is compacted away.
  if (code === 410) return { reason: 'expired', relist: true }
  // A restored etcd, or a replica that lags: our version is ahead of theirs.
  if (causes.includes('ResourceVersionTooLarge')) return { reason: 'ahead', relist: true }
  if (code === 429) return { reason: 'throttled', relist: false }
  if (code === 401) return { reason: 'unauthorized', relist: false }
  if (code === 403) return { reason: 'forbidden', relist: false }
  if (code === 404) return { reason: 'not-served', relist: true }
  if (code === 0 && reason === 'BadAnswer') return { reason: 'garbled', relist: false }
  if (code === 0) return { reason: 'unreachable', relist: false }
  return { reason: 'failed', relist: code < 500 }
}

/**
 * Whether `next` is later than `known`. Versions in one resource grow, and are decimal (KEP-5504); what is not is taken
 * as later, because then only the order of arrival speaks.
 */
export function isLater(next: string, known: string): boolean {
  if (!DECIMAL.test(next) || !DECIMAL.test(known)) return true
  return next.length === known.length ? next > known : next.length > known.length
}

const DECIMAL = /^[1-9]\d*$/
