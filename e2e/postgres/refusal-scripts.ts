// Exchanges with a refused statement in the middle of them. `forbidden` is what a policy refuses in one run, and what
// the server itself refuses, for want of a privilege, in the other.
import { serialize } from 'pg-protocol'
import { message } from './raw.ts'

export interface Round {
  readonly bytes: Buffer
  readonly ready: number
}

const q = (...texts: readonly string[]): readonly Round[] =>
  texts.map((text) => ({ bytes: serialize.query(text), ready: 1 }))
const run = (text: string, values: readonly string[] = []) =>
  Buffer.concat([
    serialize.parse({ text }),
    serialize.bind({ values: [...values] }),
    serialize.describe({ type: 'P' }),
    serialize.execute(),
  ])
const synced = (...parts: readonly Buffer[]): readonly Round[] => [
  { bytes: Buffer.concat([...parts, serialize.sync()]), ready: 1 },
]
const raw = (ready: number, ...parts: readonly Buffer[]): readonly Round[] => [{ bytes: Buffer.concat(parts), ready }]

const READ = 'select * from forbidden'
const WRITE = "insert into forbidden values ('x')"
const add = (n: number) => `insert into kept values (${n})`
const copyData = (text: string) => message('d', text)

/** Exchanges whose every answer must look like the server's own, the error's words apart. */
export const SCRIPTS: Readonly<Record<string, readonly Round[]>> = {
  'between two statements': [...q(add(1), READ, add(2))],
  'a write between two statements': [...q(add(1), WRITE, add(2))],
  'in a transaction that is committed': [...q('begin', add(1), READ, add(2), 'commit', add(3))],
  'in a transaction that is rolled back': [...q('begin', add(1), WRITE, 'rollback', add(2))],
  'first in a transaction': [...q('begin', READ, 'commit', add(1))],
  'behind a savepoint': [...q('begin', add(1), 'savepoint s', add(2), READ, add(3), 'rollback to s', add(4), 'commit')],
  'behind two savepoints': [
    ...q('begin', 'savepoint a', add(1), 'savepoint b', add(2), READ, 'rollback to b', add(3), 'release a', 'commit'),
  ],
  'with settings of the transaction': [
    ...q(
      'begin',
      "set local work_mem = '5MB'",
      "set timezone = 'Asia/Tokyo'",
      READ,
      'rollback',
      'show work_mem',
      'show timezone',
    ),
  ],
  'with a temporary table of the transaction': [
    ...q('begin', 'create temp table t on commit drop as select 1', READ, 'rollback', add(1)),
  ],
  'in extended protocol': [...synced(run(add(1))), ...synced(run(READ)), ...synced(run(add(2)))],
  'in extended protocol, in a transaction': [
    ...synced(run('begin')),
    ...synced(run(add(1))),
    ...synced(run(WRITE)),
    ...synced(run(add(2))),
    ...synced(run('commit')),
    ...q(add(3)),
  ],
  'in a pipeline, first': [...synced(run(READ), run(add(1)), run(add(2)))],
  'in a pipeline, in the middle': [...synced(run(add(1)), run(READ), run(add(2))), ...q(add(3))],
  'in a pipeline, last': [...synced(run(add(1)), run(add(2)), run(WRITE))],
  'in a pipeline with a Sync behind each': [
    ...raw(3, run(add(1)), serialize.sync(), run(READ), serialize.sync(), run(add(2)), serialize.sync()),
  ],
  'in a pipeline inside a transaction': [
    ...q('begin'),
    ...synced(run(add(1)), run(READ), run(add(2))),
    ...q(add(3), 'commit', add(4)),
  ],
  'in a pipeline that begins and commits': [
    ...synced(run('begin'), run(add(1)), run(WRITE), run('commit')),
    ...q('rollback', add(2)),
  ],
  'in a pipeline behind a commit': [...synced(run('begin'), run(add(1)), run('commit'), run(READ)), ...q(add(2))],
  'in a pipeline, flushed': [...raw(1, run(add(1)), run(READ), serialize.flush(), run(add(2)), serialize.sync())],
  'as a cursor': [...q('begin', `declare c cursor for ${READ}`, 'rollback', add(1))],
  'while a cursor is open': [
    ...q(
      'begin',
      'declare c cursor for select 1 from generate_series(1, 10)',
      'fetch 2 from c',
      READ,
      'fetch 2 from c',
      'rollback',
    ),
  ],
  'while a portal is suspended': [
    ...q('begin'),
    ...synced(
      serialize.parse({ text: 'select n from generate_series(1, 5) n' }),
      serialize.bind({ portal: 'p' }),
      serialize.execute({ portal: 'p', rows: 2 }),
    ),
    ...synced(run(READ)),
    ...synced(serialize.execute({ portal: 'p', rows: 2 })),
    ...q('rollback'),
  ],
  'as COPY out': [...q('copy forbidden to stdout', add(1))],
  'as COPY in': [...q('copy forbidden from stdin', add(1))],
  'as COPY in, with the data already sent': [
    ...raw(1, serialize.query('copy forbidden from stdin'), copyData('x\n'), message('c')),
    ...q(add(1)),
  ],
  'as COPY in, in a transaction': [...q('begin', add(1), 'copy forbidden from stdin', add(2), 'commit')],
  'as EXPLAIN ANALYZE': [...q(`explain analyze ${WRITE}`, add(1))],
  'with RETURNING': [...q(`${WRITE} returning *`, add(1))],
  'in a CTE': [...q(`with x as (${WRITE} returning *) insert into kept select 7 from x`, add(1))],
  'in a read-only transaction': [...q('begin read only', READ, 'commit', add(1))],
  'in a serializable transaction': [...q('begin isolation level serializable', add(1), READ, 'commit', add(2))],
  'with autocommit and a notification': [...q('listen x', 'begin', 'notify x', READ, 'commit', add(1))],
}

/**
 * A message of several statements is decided whole before any of it is forwarded, so the statements before the refused
 * one are not even begun; and a statement may be refused as soon as it is prepared. Answers differ then, rows do not.
 */
export const SAME_ROWS_ONLY: Readonly<Record<string, readonly Round[]>> = {
  'in a message of three statements': [...q(`${add(1)}; ${READ}; ${add(2)}`, add(3))],
  'in a message inside a transaction': [...q('begin', add(1), `${add(2)}; ${WRITE}`, add(3), 'commit', add(4))],
  'in a message that begins a transaction': [...q(`begin; ${add(1)}; ${READ}`, 'rollback', add(2))],
  'parsed once, executed twice': [
    ...synced(serialize.parse({ name: 's', text: READ })),
    ...synced(serialize.bind({ statement: 's' }), serialize.execute()),
    ...synced(serialize.bind({ statement: 's' }), serialize.execute()),
    ...q(add(1)),
  ],
  'prepared in SQL': [...q(`prepare p as ${READ}`, 'execute p', add(1))],
  'prepared in SQL, in a transaction': [...q(`prepare p as ${WRITE}`, 'begin', add(1), 'execute p', add(2), 'commit')],
  // The policy is asked first, so the second refusal is the policy's again and not 25P02.
  'twice in a transaction': [...q('begin', READ, WRITE, 'rollback', add(1))],
}
