// Session ids sort by time and are unguessable: `20261121t113000-9f3c…`.
import { randomBytes } from 'node:crypto'

export function newSessionId(now: Date = new Date(), random: Buffer = randomBytes(8)): string {
  const time = now.toISOString().replace(/[-:]/g, '').slice(0, 15).toLowerCase()
  return `${time}-${random.toString('hex')}`
}
