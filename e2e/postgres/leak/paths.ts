// The ways a statement can travel: simple and extended, text and binary, prepared, as a cursor, in pieces, inside COPY.
import { serialize } from 'pg-protocol'
import { message } from '../raw.ts'

/** Bytes to send one after the other, and how many ReadyForQuery to wait for after each. */
export interface Round {
  readonly bytes: Buffer
  readonly ready: number
}

export type Path = (statement: string, number: number) => readonly Round[]

const query = (text: string): Round => ({ bytes: serialize.query(text), ready: 1 })
const queries = (...texts: readonly string[]) => texts.map(query)
const synced = (...parts: readonly Buffer[]): Round => ({
  bytes: Buffer.concat([...parts, serialize.sync()]),
  ready: 1,
})

const parse = (text: string, name = '') => serialize.parse({ text, name })
const bind = (binary: boolean, statement = '', portal = '') => serialize.bind({ statement, portal, binary, values: [] })
const describe = (kind: 'S' | 'P', name = '') => serialize.describe({ type: kind, name })
const execute = (rows = 0, portal = '') => serialize.execute({ portal, rows })

/** Result formats column by column; columns beyond the list's length are an error, so it is 0 or 1 long, or exact. */
const bindFormats = (formats: readonly number[]) => {
  const codes = Buffer.alloc(2 + formats.length * 2)
  codes.writeInt16BE(formats.length)
  formats.forEach((format, i) => {
    codes.writeInt16BE(format, 2 + i * 2)
  })
  return message('B', '\0\0', Buffer.from([0, 0, 0, 0]), codes)
}

export const SIMPLE: Path = (text) => [query(text)]

/** For statements that can stand inside others and in a prepared statement. */
export const PATHS: Readonly<Record<string, Path>> = {
  simple: SIMPLE,
  'simple, after a harmless statement': (text) => [query(`select 1; ${text}; select 2`)],
  'extended, text': (text) => [synced(parse(text), bind(false), describe('P'), execute())],
  'extended, binary': (text) => [synced(parse(text), bind(true), describe('P'), execute())],
  'extended, one format for one column': (text) => [synced(parse(text), bindFormats([1]), execute())],
  'extended, one format for two columns': (text) => [synced(parse(text), bindFormats([0, 1]), execute())],
  'extended, never described': (text) => [synced(parse(text), bind(true), execute())],
  'extended, statement described': (text) => [synced(parse(text), describe('S')), synced(bind(false), execute())],
  'named statement, executed three times': (text, n) => [
    synced(parse(text, `s${n}`)),
    synced(bind(false, `s${n}`), describe('P'), execute()),
    synced(bind(true, `s${n}`), execute()),
    synced(bind(false, `s${n}`), execute()),
  ],
  'portal in pieces': (text) => [synced(parse(text), bind(false), describe('P'), execute(1), execute(1), execute(0))],
  'named portal in pieces, binary, flushed': (text, n) => [
    query('begin'),
    synced(
      parse(text, `s${n}`),
      bind(true, `s${n}`, `p${n}`),
      execute(1, `p${n}`),
      serialize.flush(),
      execute(2, `p${n}`),
    ),
    synced(execute(0, `p${n}`)),
    query('commit'),
  ],
  'pipelined behind a harmless statement': (text) => [
    {
      bytes: Buffer.concat([
        parse('select 1'),
        bind(false),
        execute(),
        parse(text),
        bind(true),
        execute(),
        serialize.sync(),
        parse('select 2'),
        bind(false),
        execute(),
        serialize.sync(),
      ]),
      ready: 2,
    },
  ],
  'unnamed statement replaced': (text) => [
    synced(parse('select 1'), parse(text), bind(false), parse('select 2'), execute()),
  ],
  'prepared in SQL': (text, n) => queries(`prepare q${n} as ${text}`, `execute q${n}`, `deallocate q${n}`),
  'prepared in SQL, executed in extended protocol': (text, n) => [
    query(`prepare q${n} as ${text}`),
    synced(parse(`execute q${n}`), bind(true), describe('P'), execute()),
  ],
  'prepared on the wire, executed in SQL': (text, n) => [synced(parse(text, `w${n}`)), query(`execute w${n}`)],
  'prepared and executed in one message': (text, n) => [
    query(`prepare q${n} as ${text}; execute q${n}; deallocate q${n}`),
  ],
  cursor: (text, n) =>
    queries(
      'begin',
      `declare c${n} cursor for ${text}`,
      `fetch 2 from c${n}`,
      `fetch all from c${n}`,
      `close c${n}`,
      'commit',
    ),
  'binary cursor': (text, n) =>
    queries('begin', `declare c${n} binary cursor for ${text}`, `fetch forward all in c${n}`, 'commit'),
  'held cursor': (text, n) =>
    queries(`declare c${n} cursor with hold for ${text}`, `fetch 100 from c${n}`, `close c${n}`),
  'cursor in one message': (text, n) => [
    query(`begin; declare c${n} scroll cursor for ${text}; fetch last from c${n}; fetch absolute 1 from c${n}; commit`),
  ],
  'cursor fetched in extended protocol': (text, n) => [
    ...queries('begin', `declare c${n} cursor for ${text}`),
    synced(parse(`fetch 3 from c${n}`), bind(true), describe('P'), execute()),
    query('commit'),
  ],
  'portal fetched in SQL': (text, n) => [
    query('begin'),
    synced(parse(text), bind(false, '', `p${n}`)),
    query(`fetch all from p${n}`),
    query('commit'),
  ],
  'copy out, text': (text) => [query(`copy (${text}) to stdout`)],
  'copy out, csv': (text) => [query(`copy (${text}) to stdout with (format csv, header)`)],
  'copy out, binary': (text) => [query(`copy (${text}) to stdout (format binary)`)],
  'copy out, extended': (text) => [synced(parse(`copy (${text}) to stdout`), bind(false), execute())],
  'explain analyze': (text) => [query(`explain (analyze, verbose, costs off) ${text}`)],
  'explain as json': (text) => [query(`explain (verbose, format json) ${text}`)],
  'temporary view': (text, n) =>
    queries('begin', `create temp view v${n} as ${text}`, `select * from v${n}`, 'rollback'),
  'temporary table': (text, n) =>
    queries('begin', `create temp table h${n} as ${text}`, `table h${n}`, `copy h${n} to stdout`, 'rollback'),
  'table made by executing': (text, n) =>
    queries('begin', `prepare q${n} as ${text}`, `create temp table h${n} as execute q${n}`, `table h${n}`, 'rollback'),
  'inserted and read back': (text) =>
    queries(
      'begin',
      `insert into scratch (note) select x::text from (${text}) x returning *`,
      'select * from scratch',
      'rollback',
    ),
  'wrapped in a subquery': (text) => [query(`select * from (${text}) as q`)],
  'wrapped as a row': (text) => [query(`select q::text, row_to_json(q) from (${text}) as q`)],
  'wrapped in a CTE': (text) => [query(`with q as (${text}) select q.* from q union all select q.* from q`)],
  'wrapped in an array': (text) => [query(`select array_agg(q::text) from (${text}) as q`)],
  'as a scalar, one row': (text) => [query(`select (select q::text from (${text}) as q limit 1)`)],
}

/** For whole scripts and for statements that write: the plain ways only, in a transaction that is rolled back where it can be. */
export const WHOLE_PATHS: Readonly<Record<string, Path>> = {
  simple: (text) => [query(text)],
  'simple, rolled back': (text) => queries('begin', text, 'rollback'),
  'statement by statement, rolled back': (text) => queries('begin', ...pieces(text), 'rollback'),
  'extended, statement by statement': (text) => [
    query('begin'),
    ...pieces(text).map((piece) => synced(parse(piece), bind(false), describe('P'), execute())),
    query('rollback'),
  ],
}

function pieces(text: string): readonly string[] {
  return text.includes('$$') ? [text] : text.split('; ')
}
