// The attacks, as the bytes an agent would send.
import {
  all,
  bind,
  call,
  close,
  copyData,
  copyDone,
  describe,
  execute,
  flush,
  parse,
  q,
  query,
  type Round,
  run,
  sync,
} from './messages.ts'
import { LEAK } from './schema.ts'

const MASKED = 'set search_path = guarded'
const OPEN = 'set search_path = free'
const GUARDED = "select ssn || '' as n from guarded.people"
const HARMLESS = 'select 1::text as n'

/** The target fails on it, the gateway has nothing against it; the unnamed statement and portal are left alone. */
const failing = () => Buffer.concat([close('S', 'z'), parse('select 1/0', 'z'), bind('z', 'z'), execute('z')])

export const ATTACKS: Readonly<Record<string, readonly Round[]>> = {
  'the column itself': q(MASKED, 'select ssn from people', LEAK),
  'an unnamed statement that a skipped pipeline redefines twice': [
    ...all(1, parse(GUARDED), sync()),
    ...all(1, failing(), parse(HARMLESS), parse(HARMLESS), sync()),
    ...all(1, bind(), execute(), sync()),
  ],
  'an unnamed statement redefined behind a failure that is not answered yet': [
    ...all(1, parse(GUARDED), sync()),
    ...all(3, failing(), parse(HARMLESS), sync(), failing(), parse(HARMLESS), sync(), bind(), execute(), sync()),
  ],
  'a Close in a skipped pipeline': [
    ...all(1, parse(GUARDED, 's'), sync()),
    ...all(1, failing(), close('S', 's'), parse(HARMLESS, 's'), sync()),
    ...all(1, bind('s'), execute(), sync()),
  ],
  'an EXECUTE behind a redefinition that the server refuses, because the name is taken': [
    ...all(3, parse(GUARDED, 'e'), sync(), parse(HARMLESS, 'e'), sync(), query('execute e')),
  ],
  'the same by extended protocol': [
    ...all(3, parse(GUARDED, 'e'), sync(), parse(HARMLESS, 'e'), sync(), run('execute e'), sync()),
  ],
  'a name redefined by SQL on its way': [
    ...all(1, parse(HARMLESS, 's'), sync()),
    ...all(2, query(`deallocate s; prepare s as ${GUARDED}`), bind('s'), execute(), sync()),
  ],
  'a cursor redefined by SQL on its way': [
    ...q('begin', `declare c cursor for ${HARMLESS}`),
    ...all(2, query(`close c; declare c cursor for ${GUARDED}`), execute('c'), sync()),
  ],
  'a cursor WITH HOLD declared again after a rollback': q(
    'begin',
    `declare c cursor with hold for ${HARMLESS}`,
    'rollback',
    `declare c cursor with hold for ${GUARDED}`,
    'fetch all from c',
  ),
  'a cursor WITH HOLD declared again after a rollback to a savepoint': q(
    'begin',
    'savepoint s',
    `declare c cursor with hold for ${HARMLESS}`,
    'rollback to s',
    `declare c cursor with hold for ${GUARDED}`,
    'commit',
    'fetch all from c',
  ),
  'a portal that takes the name of a cursor of a transaction before': [
    ...q('begin', `declare c cursor for ${HARMLESS}`, 'rollback', 'begin'),
    ...all(1, parse(GUARDED), bind('', 'c'), sync()),
    ...q('fetch all from c'),
  ],
  'EXECUTE of an EXECUTE': [
    ...all(1, parse(GUARDED, 't'), parse('execute t', 's'), sync()),
    ...q('execute s'),
    ...all(1, bind('s'), execute(), sync()),
  ],
  'EXECUTE of a FETCH': [
    ...q('begin', `declare c cursor for ${GUARDED}`),
    ...all(1, parse('fetch all from c', 's'), sync()),
    ...q('execute s'),
  ],
  'a bound EXECUTE whose statement is swapped': [
    ...q('begin', `prepare t as ${HARMLESS}`),
    ...all(1, parse('execute t', 's'), bind('s', 'p'), sync()),
    ...q('deallocate t', `prepare t as ${GUARDED}`),
    ...all(1, execute('p'), sync()),
  ],
  'a bound FETCH whose cursor is swapped': [
    ...q('begin', `declare c cursor for ${HARMLESS}`),
    ...all(1, parse('fetch all from c', 's'), bind('s', 'p'), sync()),
    ...q('close c', `declare c cursor for ${GUARDED}`),
    ...all(1, execute('p'), sync()),
  ],
  'CREATE TABLE AS EXECUTE': q(
    `prepare s as select ssn from guarded.people`,
    'create table copied as execute s',
    'select * from copied',
  ),
  'a cursor declared under another search_path': q(
    'begin',
    MASKED,
    `declare c cursor for ${LEAK}`,
    OPEN,
    'fetch all from c',
  ),
  'a portal bound under another search_path': [
    ...q('begin', MASKED),
    ...all(1, parse(LEAK), bind('', 'p'), sync()),
    ...q(OPEN),
    ...all(1, execute('p'), sync()),
  ],
  'a statement prepared in a message that set search_path': q(
    `set search_path = free; prepare s as ${LEAK}`,
    MASKED,
    'execute s',
  ),
  'a rollback that takes search_path back, in one message': q(MASKED, 'begin', OPEN, `rollback; ${LEAK}`),
  'a rollback to a savepoint that takes search_path back': q(
    MASKED,
    'begin',
    'savepoint a',
    OPEN,
    `rollback to a; ${LEAK}`,
    LEAK,
  ),
  'the rollback of a failed transaction, in one message': q(MASKED, 'begin', OPEN, 'select 1/0', `rollback; ${LEAK}`),
  'SET LOCAL and its end': q(MASKED, 'begin; set local search_path = free', LEAK, 'commit', LEAK),
  'SET LOCAL in a pipeline': all(1, run(MASKED), run(LEAK), sync()),
  'SET in a pipeline, then a name prepared before': [
    ...all(1, parse(LEAK, 's'), sync()),
    ...all(1, run(MASKED), bind('s'), execute(), sync()),
  ],
  'set_config in a SELECT before it': q(`select set_config('search_path', 'guarded', false); ${LEAK}`, LEAK),
  'set_config in a pipeline': all(1, run("select set_config('search_path', 'guarded', false)"), run(LEAK), sync()),
  'messages behind a SET that is not answered': all(
    3,
    query(MASKED),
    query(LEAK),
    parse(LEAK),
    bind(),
    execute(),
    sync(),
  ),
  'a failed statement behind SET in one message': q(MASKED, `set search_path = free; select 1/0`, LEAK),
  'a DISCARD ALL in a pipeline of messages': all(
    3,
    query('set search_path = free'),
    query('discard all'),
    query(LEAK.replace('people', 'guarded.people')),
  ),
  'a view replaced in a transaction that is rolled back': [
    ...q(
      "begin; create or replace view guarded.leaky as select 'nothing'::text as n",
      'rollback',
      'select * from guarded.leaky',
    ),
  ],
  'a view replaced and dropped in a pipeline': all(
    1,
    run('begin'),
    run("create or replace view free.harmless as select ssn || '' as n from guarded.people"),
    run('select * from free.harmless'),
    run('rollback'),
    sync(),
  ),
  'a view replaced in the same message': q(
    "begin; create or replace view free.harmless as select ssn || '' as n from guarded.people; select * from free.harmless",
    'rollback',
  ),
  'a view renamed in the same message': q(
    'begin; alter view free.harmless rename to gone; alter view guarded.leaky set schema free; alter view free.leaky rename to harmless; select * from free.harmless',
    'rollback',
  ),
  'a view renamed in an open transaction': q(
    'begin',
    'alter view free.harmless rename to gone',
    'alter view guarded.leaky set schema free',
    'alter view free.leaky rename to harmless',
    'select * from free.harmless',
    'rollback',
    'select * from guarded.leaky',
  ),
  'a prepared statement whose view is replaced': [
    ...all(1, parse('select n from free.swapped', 's'), sync()),
    ...q("create view free.swapped as select 'x'::text as n"),
    ...all(1, parse('select n from free.swapped', 's'), bind('s'), execute(), sync()),
    ...q("create or replace view free.swapped as select ssn || '' as n from guarded.people"),
    ...all(1, bind('s'), execute(), sync()),
    ...q('drop view free.swapped'),
  ],
  'a temporary view that shadows': q(
    "begin; create temp view harmless as select ssn || '' as n from guarded.people",
    'select * from harmless',
    'rollback',
  ),
  'a temporary view that shadows, in one pipeline': all(
    1,
    run("create temp view harmless as select ssn || '' as n from guarded.people"),
    run('select * from harmless'),
    run('drop view harmless'),
    sync(),
  ),
  'SET ROLE and "$user"': q(MASKED, 'set role app; set search_path = "$user", guarded', LEAK, 'reset role'),
  FunctionCall: [...all(1, call(2923, 'select ssn from guarded.people')), ...all(1, call(2172))],
  'EXPLAIN ANALYZE': q(`explain (analyze, verbose) ${GUARDED}`, `prepare e as ${GUARDED}`, 'explain analyze execute e'),
  'an error that says the value': q(
    'select ssn::int from guarded.people',
    'select (ssn || $$x$$)::date from guarded.people',
  ),
  'COPY to the agent': q('copy guarded.people to stdout', `copy (${GUARDED}) to stdout (format csv)`),
  'COPY data sent before the target asks': [
    ...all(
      3,
      query('create table free.took (n text)'),
      query('copy free.took from stdin'),
      copyData('x\n'),
      copyDone(),
      query(GUARDED),
    ),
    ...q('drop table free.took'),
  ],
  'a description in the pipeline before': [
    ...q('begin'),
    ...all(1, parse('select ssn from guarded.people'), bind('', 'p'), sync()),
    ...all(1, describe('p'), flush(), execute('p', 1), sync()),
    ...q('rollback'),
  ],
}

export const STILL_USABLE: Readonly<Record<string, readonly Round[]>> = {
  'a table of the open schema': q('select ssn from free.people'),
  'a pipeline': all(1, run('begin'), run(LEAK), run('commit'), sync()),
  'a cursor over a transaction': q('begin', `declare c cursor for ${LEAK}`, 'fetch all from c', 'commit'),
  'a prepared statement': q(`prepare s as ${LEAK}`, 'execute s'),
  'an unnamed statement over a change of search_path by a named one': [
    ...all(1, parse(LEAK), sync()),
    ...all(1, parse('set search_path = free', 's'), bind('s', 'p'), execute('p'), sync()),
    ...all(1, bind(), execute(), sync()),
  ],
}
