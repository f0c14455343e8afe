// What a hostile or broken agent may send. Nothing in here may run: every case tries to get a row into `forbidden`, or to
// bring the gateway down.
import { serialize } from 'pg-protocol'
import { seeded } from '../leak/random.ts'
import { message, startupMessage } from '../raw.ts'

const EVIL = "insert into forbidden values ('it ran')"

export interface Case {
  /** True: the bytes come before any login. */
  readonly raw: boolean
  readonly chunks: readonly Uint8Array[]
  /** Half-closes after the last chunk. */
  readonly end?: boolean
}

const before = (...chunks: readonly Uint8Array[]): Case => ({ raw: true, chunks })
const session = (...chunks: readonly Uint8Array[]): Case => ({ raw: false, chunks })

export function agentCases(user: string, database: string): Readonly<Record<string, Case>> {
  const startup = startupMessage({ user, database })
  return {
    'garbage instead of a startup packet': before(Buffer.from('\xde\xad\xbe\xef\xde\xad\xbe\xef', 'latin1')),
    'an HTTP request': before(Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')),
    'an SSH greeting': before(Buffer.from('SSH-2.0-OpenSSH_9.2\r\n')),
    'half a TLS hello': before(Buffer.from('16030100f8010000f40303', 'hex')),
    'a startup packet that says it is 2 GB': before(Buffer.from('7fffffff00030000', 'hex'), Buffer.alloc(100_000, 'a')),
    'a startup packet of length 0': before(Buffer.from('0000000000030000', 'hex')),
    'a startup packet of negative length': before(Buffer.from('ffffffff00030000', 'hex')),
    'a startup packet without an end': before(startup.subarray(0, -1)),
    'a startup packet of protocol 2': before(startupMessage({ user, database }, 0x00020000)),
    'a startup packet of protocol 9': before(startupMessage({ user, database }, 0x00090000)),
    'a startup packet with an odd number of strings': before(message('x', 'user\0').subarray(1)),
    'ten thousand parameters': before(
      startupMessage(Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`p${n}`, 'v']))),
    ),
    'a replication connection': before(startupMessage({ user, database, replication: 'database' })),
    'another client_encoding': before(startupMessage({ user, database, client_encoding: 'SJIS' })),
    'standard_conforming_strings off through options': before(
      startupMessage({ user, database, options: '-c standard_conforming_strings=off' }),
    ),
    'another role through options': before(
      startupMessage({ user, database, options: '-crole=postgres --session_authorization=postgres' }),
    ),
    'a statement behind SSLRequest, before any answer': before(
      Buffer.from('0000000804d2162f', 'hex'),
      startup,
      serialize.query(EVIL),
    ),
    'SSLRequest a hundred times': before(...Array.from({ length: 100 }, () => Buffer.from('0000000804d2162f', 'hex'))),
    'GSSENCRequest, then SSLRequest, then garbage': before(
      Buffer.from('0000000804d216300000000804d2162f00000000', 'hex'),
    ),
    'a cancel request with a key nobody has': before(Buffer.from('0000001004d2162e0000000100000001', 'hex')),
    'a cancel request with a key of 10,000 bytes': before(cancel(10_000)),
    'a statement before the startup packet': before(serialize.query(EVIL)),
    'a password nobody asked for': before(startup, message('p', 'secret\0')),
    'nothing at all, and the sending side closed': { raw: true, chunks: [], end: true },
    'half a startup packet, and the sending side closed': { raw: true, chunks: [startup.subarray(0, 9)], end: true },

    'a message of length 0': session(Buffer.from('5100000000', 'hex'), serialize.query(EVIL)),
    'a message of length 3': session(Buffer.from('5100000003', 'hex'), serialize.query(EVIL)),
    'a message of negative length': session(Buffer.from('51ffffffff', 'hex'), serialize.query(EVIL)),
    'a message that says it is 2 GB': session(Buffer.from('517fffffff', 'hex'), Buffer.alloc(1 << 20, 'x')),
    'a type that does not exist': session(message('!', 'x'), serialize.query(EVIL)),
    'type zero': session(message('\0', 'x'), serialize.query(EVIL)),
    'messages that only a server sends': session(
      message('T', '\0\0'),
      message('D', '\0\0'),
      message('Z', 'I'),
      serialize.query(EVIL),
    ),
    'a Query with another one behind its terminator': session(message('Q', `select 1\0; ${EVIL}\0`)),
    'a Query without a terminator': session(message('Q', EVIL)),
    'an empty Query': session(message('Q')),
    'a Parse with another text behind its terminator': session(
      message('P', `\0select 1\0`, `${EVIL}\0`, '\0\0'),
      serialize.sync(),
    ),
    'a Parse that ends in the middle': session(message('P', 'name'), serialize.sync()),
    'a Parse that promises 65,535 types': session(
      message('P', '\0select 1\0', Buffer.from('ffff', 'hex')),
      serialize.sync(),
    ),
    'a Bind that promises 65,535 parameters': session(
      serialize.parse({ text: 'select 1' }),
      message('B', '\0\0', Buffer.from('0000ffff', 'hex')),
      serialize.sync(),
    ),
    'a Bind whose parameter says it is 2 GB': session(
      serialize.parse({ text: 'select $1' }),
      message('B', '\0\0', Buffer.from('000000017fffffff', 'hex')),
      serialize.sync(),
    ),
    'a Bind whose parameter has length -2': session(
      serialize.parse({ text: 'select $1' }),
      message('B', '\0\0', Buffer.from('00000001fffffffe0000', 'hex')),
      serialize.sync(),
    ),
    'a Bind with format 7': session(
      serialize.parse({ text: 'select $1' }),
      message('B', '\0\0', Buffer.from('00010007000100000001410000', 'hex')),
      serialize.sync(),
    ),
    'a Bind to a statement that nobody parsed': session(
      serialize.bind({ statement: 'nobody' }),
      serialize.execute(),
      serialize.sync(),
    ),
    'an Execute of a portal that nobody bound': session(serialize.execute({ portal: 'nobody' }), serialize.sync()),
    'an Execute with a negative row count': session(
      serialize.parse({ text: 'select 1' }),
      serialize.bind(),
      message('E', '\0', Buffer.from('80000000', 'hex')),
      serialize.sync(),
    ),
    'a Describe of neither kind': session(message('D', 'Xname\0'), serialize.sync()),
    'a Close of neither kind': session(message('C', 'Xname\0'), serialize.sync()),
    'a name of a megabyte': session(serialize.parse({ name: 'n'.repeat(1 << 20), text: 'select 1' }), serialize.sync()),
    'a Sync with a body': session(message('S', 'body'), serialize.query(EVIL)),
    'a Terminate with a statement behind it': session(message('X'), serialize.query(EVIL)),
    'a FunctionCall': session(message('F', Buffer.from('0000073b000000000000', 'hex'))),
    'CopyData out of the blue': session(message('d', 'x\n'), message('c'), serialize.query('select 1')),
    'a CopyFail out of the blue': session(message('f', 'why\0'), serialize.query('select 1')),
    'a simple query in the middle of a pipeline': session(
      serialize.parse({ text: 'select 1' }),
      serialize.query(EVIL),
      serialize.sync(),
    ),
    'a refused statement with others pipelined behind it': session(
      serialize.parse({ text: EVIL }),
      serialize.bind(),
      serialize.execute(),
      serialize.parse({ text: EVIL }),
      serialize.bind(),
      serialize.execute(),
      serialize.sync(),
    ),
    'a statement refused at Parse and bound all the same': session(
      serialize.parse({ name: 's', text: EVIL }),
      serialize.sync(),
      serialize.bind({ statement: 's' }),
      serialize.execute(),
      serialize.sync(),
    ),
    'a prepared statement replaced between Parse and Bind': session(
      serialize.parse({ name: 's', text: 'select 1' }),
      serialize.close({ type: 'S', name: 's' }),
      serialize.parse({ name: 's', text: EVIL }),
      serialize.bind({ statement: 's' }),
      serialize.execute(),
      serialize.sync(),
    ),
    'several statements in one Parse': session(
      serialize.parse({ text: `select 1; ${EVIL}` }),
      serialize.bind(),
      serialize.execute(),
      serialize.sync(),
    ),
    'a text that is not UTF-8': session(message('Q', Buffer.from("select '\xff\xfe\xc0'; ", 'latin1'), `${EVIL}\0`)),
    'an overlong slash and quote': session(message('Q', "select '", Buffer.from([0xc0, 0xa7]), `'; ${EVIL}; --'\0`)),
    'parentheses 20,000 deep': session(serialize.query(`select ${'('.repeat(20_000)}1${')'.repeat(20_000)}`)),
    'subqueries 3,000 deep': session(serialize.query(`${'select ('.repeat(3_000)}select 1${')'.repeat(3_000)}`)),
    'a sum of 100,000 terms': session(serialize.query(`select ${'1+'.repeat(100_000)}1`)),
    'not not not': session(serialize.query(`select ${'not '.repeat(50_000)} true`)),
    'an unfinished comment 100,000 deep': session(serialize.query(`select 1 ${'/*'.repeat(100_000)}`)),
    'an unfinished dollar quote': session(serialize.query(`select $x$ ${EVIL}`)),
    'array brackets 10,000 deep': session(serialize.query(`select ${'array['.repeat(10_000)}1${']'.repeat(10_000)}`)),
    'a quoted name with a NUL in it': session(message('Q', 'select 1 as "a\0b"\0')),
    'ten thousand statements in a pipeline, never synced': {
      raw: false,
      end: true,
      chunks: Array.from({ length: 10_000 }, () => serialize.parse({ text: 'select 1' })),
    },
    'ten thousand named statements': session(
      ...Array.from({ length: 10_000 }, (_, n) => serialize.parse({ name: `s${n}`, text: 'select 1' })),
      serialize.sync(),
    ),
    'a query, and the sending side closed at once': { raw: false, chunks: [serialize.query('select 1')], end: true },
    ...randomCases(),
    ...mutatedCases(),
  }
}

function randomCases(): Readonly<Record<string, Case>> {
  const random = seeded(11)
  const bytes = (length: number) => Buffer.from(Array.from({ length }, () => random.below(256)))
  const cases: Record<string, Case> = {}
  for (let n = 0; n < 30; n++) {
    cases[`random bytes ${n} as a hello`] = before(bytes(1 + random.below(200)))
    cases[`random bytes ${n} after login`] = session(bytes(1 + random.below(2_000)))
  }
  return cases
}

/** A sound exchange with a few bytes changed. */
function mutatedCases(): Readonly<Record<string, Case>> {
  const sound = Buffer.concat([
    serialize.query('select 1, 2'),
    serialize.parse({ name: 's', text: 'select $1::int' }),
    serialize.bind({ statement: 's', values: ['7'] }),
    serialize.describe({ type: 'P' }),
    serialize.execute({ rows: 1 }),
    serialize.sync(),
    serialize.query('copy (select 1) to stdout'),
  ])
  const random = seeded(12)
  const cases: Record<string, Case> = {}
  for (let n = 0; n < 60; n++) {
    const bytes = Buffer.from(sound)
    for (let flips = 1 + random.below(3); flips > 0; flips--) bytes[random.below(bytes.length)] = random.below(256)
    const cut = random.below(3) === 0 ? random.below(bytes.length) : bytes.length
    cases[`a sound exchange with changed bytes, ${n}`] = {
      raw: false,
      chunks: [bytes.subarray(0, cut)],
      end: random.below(2) === 0,
    }
  }
  return cases
}

function cancel(keyLength: number): Buffer {
  const bytes = Buffer.alloc(12 + keyLength)
  bytes.writeInt32BE(bytes.length, 0)
  bytes.writeInt32BE(80877102, 4)
  return bytes
}
