// The installation's certificate authorities: who signs the operator's own certificate, and what others are told to trust.
//
// Webhooks are told anew whenever the list changes, but a pod keeps the list it was born with. So a new authority is made years before the
// old one ends, is trusted from then on, and signs only when no older one can: by then every pod that is younger than the overlap knows it.
import { X509Certificate } from 'node:crypto'
import { type Certified, makeAuthority, makeLeaf } from '#sidecar/net/certificate.ts'

const DAY = 86_400_000
export const AUTHORITY_DAYS = 3_650
/** A second authority is made when the newest has less than this left. */
export const OVERLAP_DAYS = 730
export const LEAF_DAYS = 30
/** A leaf is replaced when it has this much left. */
export const RENEW_DAYS = 10
/** Clocks of nodes disagree a little. */
const BACKDATED_MS = 3_600_000

/** Oldest first; those that have ended are gone. At least one. */
export type Authorities = readonly [Certified, ...Certified[]]

/** As they are to be now; the same object where nothing is to be changed. */
export function renewed(known: readonly Certified[], now: number): Authorities {
  const alive = known.filter((authority) => endOf(authority) > now + LEAF_DAYS * DAY)
  const newest = alive.at(-1)
  const [first, ...others] = alive
  if (first !== undefined && newest !== undefined && endOf(newest) > now + OVERLAP_DAYS * DAY) {
    return alive.length === known.length ? (known as Authorities) : [first, ...others]
  }
  const validity = { from: new Date(now - BACKDATED_MS), to: new Date(now + AUTHORITY_DAYS * DAY) }
  const made = makeAuthority(`Sallyport operator ${new Date(now).toISOString().slice(0, 10)}`, validity)
  return first === undefined ? [made] : [first, ...others, made]
}

/** Signed by the oldest authority that outlives it. */
export function leafFor(authorities: Authorities, hosts: readonly string[], now: number): Certified {
  const validity = { from: new Date(now - BACKDATED_MS), to: new Date(now + LEAF_DAYS * DAY) }
  return makeLeaf(authorities[0], hosts, validity)
}

/** What others are told to trust, PEM. */
export function bundleOf(authorities: Authorities): string {
  return authorities.map(({ certificate }) => `${certificate.trim()}\n`).join('')
}

function endOf({ certificate }: Certified): number {
  return new X509Certificate(certificate).validToDate.getTime()
}
