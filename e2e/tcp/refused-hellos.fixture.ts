// What agents send that opens no session, and what they hear.
import {
  body,
  extension,
  hello,
  hostName,
  message,
  realHellos,
  record,
  SUPPORTED_VERSIONS,
  serverName,
} from '#sidecar/protocols/tcp/wire/testdata.ts'
import { LOOPBACK } from './stage.ts'

export const HOST = 'api.example.com'
export const ALERTS: Readonly<Record<string, Buffer>> = {
  'access denied': Buffer.from([21, 3, 3, 0, 2, 2, 49]),
  'decode error': Buffer.from([21, 3, 3, 0, 2, 2, 50]),
  'unrecognized name': Buffer.from([21, 3, 3, 0, 2, 2, 112]),
  nothing: Buffer.alloc(0),
}

export interface Attempt {
  readonly connection: string
  readonly bytes: Buffer
  /** What the agent hears before the end. */
  readonly hears: keyof typeof ALERTS
  readonly reason: RegExp
}

/** Refused before there is a session. */
export const ATTEMPTS: Readonly<Record<string, Attempt>> = {
  'another server name': {
    connection: 'named',
    bytes: named('evil.example'),
    hears: 'unrecognized name',
    reason: /asks for server name evil\.example; it must ask for api\.example\.com/,
  },
  'a name below the endpoint’s': {
    connection: 'named',
    bytes: named(`x.${HOST}`),
    hears: 'unrecognized name',
    reason: /must ask for api/,
  },
  'a name above the endpoint’s': {
    connection: 'named',
    bytes: named('example.com'),
    hears: 'unrecognized name',
    reason: /must ask for api/,
  },
  'no server name': {
    connection: 'named',
    bytes: hello(SUPPORTED_VERSIONS),
    hears: 'unrecognized name',
    reason: /no server name/,
  },
  'a hello of old, without extensions': {
    connection: 'named',
    bytes: record(message(body(undefined))),
    hears: 'unrecognized name',
    reason: /no server name/,
  },
  'a trailing dot': { connection: 'named', bytes: named(`${HOST}.`), hears: 'decode error', reason: /no host name/ },
  'a NUL behind the name': {
    connection: 'named',
    bytes: named(`${HOST}\0.evil.example`),
    hears: 'decode error',
    reason: /no host name/,
  },
  'two names': {
    connection: 'named',
    bytes: hello(serverName(hostName(HOST), hostName('evil.example'))),
    hears: 'decode error',
    reason: /more than one/,
  },
  'the extension twice': {
    connection: 'named',
    bytes: hello(serverName(hostName(HOST)), serverName(hostName('evil.example'))),
    hears: 'decode error',
    reason: /twice/,
  },
  'a second hello in the record': {
    connection: 'named',
    bytes: record(Buffer.concat([named(HOST).subarray(5), named('evil.example').subarray(5)])),
    hears: 'decode error',
    reason: /shares its record/,
  },
  'an encrypted hello with the right outer name': {
    connection: 'named',
    bytes: hello(serverName(hostName(HOST)), extension(0xfe0d, Buffer.alloc(99, 1))),
    hears: 'access denied',
    reason: /encrypted_client_hello/,
  },
  'an encrypted hello of a real client, its outer name right': {
    connection: 'named',
    bytes: realHellos().find(({ encrypted }) => encrypted)?.bytes ?? Buffer.alloc(0),
    hears: 'access denied',
    reason: /encrypted_client_hello/,
  },
  'an encrypted hello to an address': {
    connection: 'address',
    bytes: hello(extension(0xfe0d, Buffer.alloc(99, 1))),
    hears: 'access denied',
    reason: /encrypted_client_hello/,
  },
  'a server name for an address': {
    connection: 'address',
    bytes: named('evil.example'),
    hears: 'unrecognized name',
    reason: /must ask for none/,
  },
  'the address as server name': {
    connection: 'address',
    bytes: named(LOOPBACK),
    hears: 'unrecognized name',
    reason: /must ask for none/,
  },
  'two labels for a pattern’s one': {
    connection: 'pattern',
    bytes: named('a.b.db.data.svc'),
    hears: 'unrecognized name',
    reason: /one of \*\.db\.data\.svc/,
  },
  'the pattern without a label': {
    connection: 'pattern',
    bytes: named('db.data.svc'),
    hears: 'unrecognized name',
    reason: /one of/,
  },
  'an SSL 2.0 hello': {
    connection: 'named',
    bytes: Buffer.from('802b0103010012000000100000', 'hex'),
    hears: 'nothing',
    reason: /does not begin with a TLS hello/,
  },
  'plain HTTP': {
    connection: 'named',
    bytes: Buffer.from(`GET / HTTP/1.1\r\nhost: ${HOST}\r\n\r\n`),
    hears: 'nothing',
    reason: /does not begin with a TLS hello/,
  },
  'another server name where TLS is optional': {
    connection: 'optional',
    bytes: named('evil.example'),
    hears: 'unrecognized name',
    reason: /must ask for optional/,
  },
  'a suspended policy': {
    connection: 'suspended',
    bytes: named('suspended.data.svc'),
    hears: 'access denied',
    reason: /suspended/,
  },
}

/** A hello for this server. */
export function named(name: string): Buffer {
  return hello(SUPPORTED_VERSIONS, serverName(hostName(name)))
}
