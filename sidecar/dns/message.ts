// DNS messages as far as a resolver needs them that never asks anybody: one question in, one answer out. Sans I/O.
// RFC 1035 section 4, EDNS(0) in RFC 6891, extended errors in RFC 8914.

export const TYPE = { A: 1, NS: 2, SOA: 6, PTR: 12, AAAA: 28, SRV: 33, OPT: 41, SVCB: 64, HTTPS: 65, ANY: 255 } as const
export const CLASS = { IN: 1, ANY: 255 } as const
export const RCODE = { noError: 0, formatError: 1, noSuchName: 3, notImplemented: 4, badVersion: 16 } as const

export interface Question {
  /** Labels as they were asked, in their own case; bytes outside of ASCII as `\xff`-like characters. */
  readonly labels: readonly string[]
  readonly type: number
  readonly class: number
}

export interface Query {
  readonly id: number
  readonly recursionDesired: boolean
  readonly question: Question
  /** Undefined: the asker knows no EDNS. */
  readonly edns: { readonly payload: number; readonly version: number } | undefined
}

/** `drop`: not even a header that could be answered. Otherwise the answer is no more than this error. */
export type Unreadable =
  | { readonly drop: true }
  | { readonly drop: false; readonly id: number; readonly opcode: number; readonly code: number }

export interface Resource {
  readonly labels: readonly string[]
  readonly type: number
  readonly ttl: number
  readonly data: Buffer
}

export interface Response {
  readonly code: number
  readonly answers: readonly Resource[]
  readonly authority: readonly Resource[]
  /** RFC 8914: code and text. */
  readonly extendedError?: { readonly code: number; readonly text: string }
}

const HEADER = 12
const LONGEST_NAME = 255
const LONGEST_LABEL = 63
/** A name has at most 127 labels; pointers only ever lead backwards. */
const MOST_POINTERS = 16
/** RFC 6891 section 6.2.5: below, it is 512. Above ours, datagrams would be cut into fragments. */
export const LEAST_PAYLOAD = 512
export const MOST_PAYLOAD = 1232

export function readQuery(message: Buffer): Query | Unreadable {
  if (message.length < HEADER) return { drop: true }
  const flags = message.readUInt16BE(2)
  // An answer to an answer would go on for ever.
  if ((flags & 0x8000) !== 0) return { drop: true }
  const id = message.readUInt16BE(0)
  const opcode = (flags >> 11) & 0xf
  const failed = (code: number): Unreadable => ({ drop: false, id, opcode, code })
  if (opcode !== 0) return failed(RCODE.notImplemented)
  const counts = [4, 6, 8, 10].map((at) => message.readUInt16BE(at))
  const [questions, answers, authorities, additional = 0] = counts
  if (questions !== 1 || answers !== 0 || authorities !== 0 || additional > MOST_ADDITIONAL)
    return failed(RCODE.formatError)
  const name = readName(message, HEADER)
  if (!name || name.end + 4 > message.length) return failed(RCODE.formatError)
  const question = {
    labels: name.labels,
    type: message.readUInt16BE(name.end),
    class: message.readUInt16BE(name.end + 2),
  }
  const edns = readEdns(message, name.end + 4, additional)
  if (edns === 'broken') return failed(RCODE.formatError)
  return { id, recursionDesired: (flags & 0x0100) !== 0, question, edns }
}

/** OPT, and perhaps a signature that nobody here can check. */
const MOST_ADDITIONAL = 4

function readEdns(message: Buffer, from: number, count: number): Query['edns'] | 'broken' {
  let at = from
  let edns: Query['edns']
  for (let record = 0; record < count; record += 1) {
    const name = readName(message, at)
    if (!name || name.end + 10 > message.length) return 'broken'
    const type = message.readUInt16BE(name.end)
    const end = name.end + 10 + message.readUInt16BE(name.end + 8)
    if (end > message.length) return 'broken'
    if (type === TYPE.OPT) {
      // Section 6.1.1: one, and of the root.
      if (edns || name.labels.length > 0) return 'broken'
      edns = { payload: message.readUInt16BE(name.end + 2), version: message.readUInt8(name.end + 5) }
    }
    at = end
  }
  return edns
}

/** Section 4.1.4. A pointer leads to a place before itself, so that none can lead round. */
export function readName(
  message: Buffer,
  from: number,
): { readonly labels: readonly string[]; readonly end: number } | undefined {
  const labels: string[] = []
  let at = from
  let end: number | undefined
  let size = 1
  let pointers = 0
  for (;;) {
    const length = message[at]
    if (length === undefined) return undefined
    if (length === 0) return { labels, end: end ?? at + 1 }
    if (length >= 0xc0) {
      const low = message[at + 1]
      if (low === undefined) return undefined
      const target = ((length & 0x3f) << 8) | low
      pointers += 1
      if (target >= at || target < HEADER || pointers > MOST_POINTERS) return undefined
      end ??= at + 2
      at = target
      continue
    }
    // 0x40 and 0x80 are reserved.
    if (length > LONGEST_LABEL || at + 1 + length > message.length) return undefined
    size += length + 1
    if (size > LONGEST_NAME) return undefined
    labels.push(message.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
}

/** At most `most` bytes; what does not fit is left out, and the answer says that it is cut (TC). */
export function writeResponse(query: Query, response: Response, most: number): Buffer {
  const question = Buffer.concat([
    writeName(query.question.labels),
    uint16(query.question.type),
    uint16(query.question.class),
  ])
  const options = query.edns ? [optRecord(response)] : []
  const records = [...response.answers, ...response.authority].map(writeResource)
  const whole = Buffer.concat([question, ...records, ...options])
  const fits = HEADER + whole.length <= most
  return Buffer.concat([
    header(query.id, { code: response.code, recursionDesired: query.recursionDesired, truncated: !fits }, [
      1,
      fits ? response.answers.length : 0,
      fits ? response.authority.length : 0,
      options.length,
    ]),
    fits ? whole : Buffer.concat([question, ...options]),
  ])
}

/** Without its question, which could not be read. */
export function writeFailure({ id, opcode, code }: { id: number; opcode: number; code: number }): Buffer {
  return header(id, { code, recursionDesired: false, truncated: false, opcode }, [0, 0, 0, 0])
}

/** How much an asker takes in one datagram. */
export function payloadOf({ edns }: Query): number {
  return edns ? Math.min(Math.max(edns.payload, LEAST_PAYLOAD), MOST_PAYLOAD) : LEAST_PAYLOAD
}

export function writeName(labels: readonly string[]): Buffer {
  const parts = labels.map((label) => Buffer.from(label, 'latin1'))
  return Buffer.concat([...parts.flatMap((part) => [Buffer.of(part.length), part]), Buffer.of(0)])
}

interface Flags {
  readonly code: number
  readonly recursionDesired: boolean
  readonly truncated: boolean
  readonly opcode?: number
}

/** QR, AA and RA: we are the authority for every name that there is here, and whoever wants recursion has had it. */
function header(
  id: number,
  { code, recursionDesired, truncated, opcode = 0 }: Flags,
  counts: readonly number[],
): Buffer {
  const flags = 0x8480 | (opcode << 11) | (truncated ? 0x0200 : 0) | (recursionDesired ? 0x0100 : 0) | (code & 0xf)
  return Buffer.concat([uint16(id), uint16(flags), ...counts.map(uint16)])
}

function writeResource({ labels, type, ttl, data }: Resource): Buffer {
  return Buffer.concat([writeName(labels), uint16(type), uint16(CLASS.IN), uint32(ttl), uint16(data.length), data])
}

/** RFC 6891 section 6.1.2; the upper bits of the code are in its TTL. */
function optRecord({ code, extendedError }: Response): Buffer {
  const option = extendedError
    ? Buffer.concat([uint16(extendedError.code), Buffer.from(extendedError.text, 'utf8')])
    : undefined
  // RFC 8914 section 2: option code 15.
  const options = option ? Buffer.concat([uint16(15), uint16(option.length), option]) : Buffer.alloc(0)
  return Buffer.concat([
    Buffer.of(0),
    uint16(TYPE.OPT),
    uint16(MOST_PAYLOAD),
    Buffer.of(code >> 4, 0, 0, 0),
    uint16(options.length),
    options,
  ])
}

function uint16(value: number): Buffer {
  return Buffer.of((value >> 8) & 0xff, value & 0xff)
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}
