// What the pod's resolver answers. Pure. Names of endpoints have an address; everything else does not exist (NXDOMAIN),
// with the reason as an extended error. Never REFUSED or SERVFAIL: glibc and musl then give up their search list, and the next name
// of it may be an endpoint. Nothing is ever asked of another server, so a name is no way out.
import { CLASS, type Question, RCODE, type Resource, type Response, TYPE, writeName } from './message.ts'
import { hostFor, type Place } from './names.ts'

export interface Zone extends Place {
  /** Canonical; some begin with `*.`. */
  readonly hosts: readonly string[]
  /** Of a canonical host that is no pattern; undefined if no more can be given. */
  addressOf(host: string): string | undefined
  /** The host that has the address. */
  hostAt(address: string): string | undefined
}

export interface Answer {
  readonly response: Response
  /** The name, if it does not exist here: somebody may want to know. */
  readonly refused?: string
}

/** Names stay the same for the life of a pod, but which there are may change at any time. */
const FOUND_SECONDS = 5
const NOT_FOUND_SECONDS = 5
/** RFC 8914 section 4.16. */
const BLOCKED = 15

export function answer({ labels, type, class: asked }: Question, zone: Zone): Answer {
  const name = labels.join('.').toLowerCase()
  // A dot inside a label is not the dot between two.
  const readable = labels.length > 0 && labels.every((label) => /^[\x21-\x2d\x2f-\x7e]+$/.test(label))
  if (!readable || (asked !== CLASS.IN && asked !== CLASS.ANY)) return noSuchName()
  const pointed = reversed(name)
  if (pointed !== undefined) return pointer(pointed, { labels, type }, zone)
  const host = hostFor(name, zone.hosts, zone)
  if (host === undefined) return { ...noSuchName(), refused: name }
  if (type !== TYPE.A && type !== TYPE.ANY) return nothingOfThisType()
  const address = zone.addressOf(host)
  if (address === undefined) return { ...noSuchName(), refused: name }
  return found({ labels, type: TYPE.A, ttl: FOUND_SECONDS, data: Buffer.from(address.split('.').map(Number)) })
}

function pointer(address: string, { labels, type }: Pick<Question, 'labels' | 'type'>, zone: Zone): Answer {
  const host = zone.hostAt(address)
  if (host === undefined) return noSuchName()
  if (type !== TYPE.PTR && type !== TYPE.ANY) return nothingOfThisType()
  return found({ labels, type: TYPE.PTR, ttl: FOUND_SECONDS, data: writeName(fullName(host, zone).split('.')) })
}

function fullName(host: string, { clusterDomain }: Place): string {
  return host.endsWith('.svc') ? `${host}.${clusterDomain}` : host
}

/** `7.1.77.127.in-addr.arpa` → 127.77.1.7 (RFC 1035 section 3.5). */
function reversed(name: string): string | undefined {
  const [, digits] = /^((?:\d{1,3}\.){3}\d{1,3})\.in-addr\.arpa$/.exec(name) ?? []
  return digits?.split('.').reverse().join('.')
}

function found(answer: Resource): Answer {
  return { response: { code: RCODE.noError, answers: [answer], authority: [] } }
}

/** The name exists, with an address of IPv4 and nothing else (RFC 2308 section 2.2). */
function nothingOfThisType(): Answer {
  return { response: { code: RCODE.noError, answers: [], authority: [START_OF_AUTHORITY] } }
}

function noSuchName(): Answer {
  const extendedError = { code: BLOCKED, text: 'no Connection that this agent may use has this name' }
  return { response: { code: RCODE.noSuchName, answers: [], authority: [START_OF_AUTHORITY], extendedError } }
}

/** Of the root: we speak for every name. Its last number and its TTL say how long a denial is kept (RFC 2308 section 5). */
const START_OF_AUTHORITY: Resource = {
  labels: [],
  type: TYPE.SOA,
  ttl: NOT_FOUND_SECONDS,
  data: Buffer.concat([
    writeName(['gateway', 'sallyport', 'dev']),
    writeName(['gateway', 'sallyport', 'dev']),
    ...[1, 3600, 600, 86_400, NOT_FOUND_SECONDS].map((value) =>
      Buffer.of(0, value >> 16, (value >> 8) & 0xff, value & 0xff),
    ),
  ]),
}
