// One message in, one message out, whichever way it came. Pure.
import { answer, type Zone } from './answer.ts'
import { MOST_PAYLOAD, payloadOf, RCODE, readQuery, writeFailure, writeResponse } from './message.ts'

export interface Reply {
  /** Undefined: silence. */
  readonly message: Buffer | undefined
  readonly refused?: string
}

/** RFC 1035 section 4.2.2: a length of 16 bits. */
const MOST_BY_TCP = 65_535

export function respond(message: Buffer, zone: Zone, way: 'udp' | 'tcp'): Reply {
  const query = readQuery(message)
  if ('drop' in query) return { message: query.drop ? undefined : writeFailure(query) }
  const most = way === 'tcp' ? MOST_BY_TCP : Math.min(payloadOf(query), MOST_PAYLOAD)
  if (query.edns && query.edns.version > 0)
    return { message: writeResponse(query, { code: RCODE.badVersion, answers: [], authority: [] }, most) }
  const { response, refused } = answer(query.question, zone)
  return { message: writeResponse(query, response, most), ...(refused === undefined ? {} : { refused }) }
}
