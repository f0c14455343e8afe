// What the API server is told to trust at the webhooks. Pure.
//
// An authority of somebody else's may be another one from one moment to the next, and the replicas learn of it at different moments: so
// each adds its own and takes away only what has ended. All of them are trusted meanwhile, and none undoes another's word.
import { X509Certificate } from 'node:crypto'

/** A field that is written again and again must not grow; the newest are kept. */
const MOST = 8

/** `present` and `own`: PEM, of one or several. */
export function withAuthority(present: string, own: string, now: number): string {
  const mine = certificatesIn(own)
  const others = certificatesIn(present).filter((pem) => !mine.includes(pem))
  const alive = others.filter((pem) => new X509Certificate(pem).validToDate.getTime() > now)
  const known = certificatesIn(present)
  // In the order in which they stand there, so that nothing is written anew for the order's sake.
  if (alive.length === others.length && mine.every((pem) => known.includes(pem)) && known.length <= MOST) return present
  return [...alive, ...mine]
    .slice(-MOST)
    .map((pem) => `${pem}\n`)
    .join('')
}

function certificatesIn(text: string): readonly string[] {
  return (text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []).filter(isCertificate)
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).serialNumber !== ''
  } catch {
    return false
  }
}
