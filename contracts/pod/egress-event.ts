// The Event that says what a pod tried to reach in vain: written by the operator, read by `sallyport observe`.
import type { Refused } from '../control/messages.ts'

export const EGRESS_REFUSED_REASON = 'EgressRefused'

/** The same place always gives the same words, so that its Events are counted as a series. */
export function egressNote({ host, port }: Pick<Refused, 'host' | 'port'>): string {
  const place = port === undefined ? `name ${host}` : `${host.includes(':') ? `[${host}]` : host}:${port}`
  return `${place} is no endpoint of a Connection that a policy opens for this pod; sallyport observe shows what would open it`
}

/** The reverse. Undefined: the note is not one of ours. */
export function egressOf(note: string): Pick<Refused, 'host' | 'port'> | undefined {
  const [, name, bracketed, plain, digits] =
    /^(?:name ([^\s]+)|(?:\[([^\]\s]+)\]|([^\s:]+)):(\d{1,5})) is no endpoint of a Connection/.exec(note) ?? []
  if (name !== undefined) return { host: name }
  const host = bracketed ?? plain
  return host === undefined ? undefined : { host, port: Number(digits) }
}
