// What pods were refused, out of their Events. Names and addresses in them are the agents' to choose, so nothing here trusts their form.
import { EGRESS_REFUSED_REASON, egressOf } from '#contracts/pod/egress-event.ts'
import { isRecord, type KubeObject } from '#operator/kube/object.ts'

export interface Seen {
  readonly pod: string
  readonly host: string
  /** Undefined: the name was only looked up. */
  readonly port: number | undefined
  /** How often it was told; a pod tells the same place once a minute. */
  readonly times: number
  /** Milliseconds; the last time. */
  readonly at: number
}

/** Undefined: the Event is about something else. */
export function seenIn(event: KubeObject): Seen | undefined {
  const { reason, note, regarding } = event
  if (reason !== EGRESS_REFUSED_REASON || typeof note !== 'string' || !isRecord(regarding)) return undefined
  const egress = egressOf(note)
  const pod = regarding['name']
  if (egress === undefined || typeof pod !== 'string') return undefined
  const series = isRecord(event['series']) ? event['series'] : {}
  const count = series['count']
  return {
    pod,
    host: egress.host,
    port: egress.port,
    times: typeof count === 'number' && Number.isInteger(count) && count > 0 ? count : 1,
    at: timeOf(series['lastObservedTime']) ?? timeOf(event['eventTime']) ?? 0,
  }
}

function timeOf(value: unknown): number | undefined {
  const time = typeof value === 'string' ? Date.parse(value) : Number.NaN
  return Number.isNaN(time) ? undefined : time
}
