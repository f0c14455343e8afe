// Random sequences of messages, such as no client sends and every server answers. Names are few, so that they collide.
import type { Random } from '../../leak/random.ts'
import { bind, close, copyData, copyDone, copyFail, describe, execute, flush, parse, query, sync } from '../messages.ts'

/** One message; `text` is for people. */
export interface Step {
  readonly text: string
  readonly bytes: Buffer
}

export function sequence(random: Random): readonly Step[] {
  const steps: Step[] = []
  const length = 2 + random.below(14)
  while (steps.length < length) {
    const next = some(random)
    // The server itself stumbles over a Query in an open pipeline (XX000 at the end), so these are few.
    if (next[0]?.text.startsWith('Query') && random.below(10) > 0) steps.push(said('Sync'))
    steps.push(...next)
  }
  return steps
}

const NAMES = ['', 'a', 'b'] as const
const CURSORS = ['c', 'd', 'a'] as const

function some(random: Random): readonly Step[] {
  const statement = () => random.pick<string>(random.below(5) === 0 ? FAILING : random.below(3) === 0 ? NAMING : PLAIN)
  const name = () => random.pick(NAMES)
  switch (random.below(16)) {
    case 0:
    case 1:
      return [said(`Query ${statement()}`)]
    case 2:
      return [
        said(
          `Query ${random.pick(CALM)}; ${random.pick<string>(random.below(3) === 0 ? FAILING : CALM)}; ${random.pick(CALM)}`,
        ),
      ]
    case 3:
    case 4:
      return ran(statement(), name(), random.below(4) === 0 ? random.pick(CURSORS) : name(), random)
    case 5:
      return [said(`Parse ${name()}: ${statement()}`)]
    case 6:
      return [said(`Bind ${name()} ${random.pick(CURSORS)}`)]
    case 7:
      return [said(`Describe ${random.pick(['', ...CURSORS])}`)]
    case 8:
      return [said(`Execute ${random.pick(['', ...CURSORS])} ${random.below(3)}`)]
    case 9:
      return [said(`Close ${random.pick(['S', 'P'])} ${name()}`)]
    case 10:
      return [said('Flush')]
    case 11:
    case 12:
    case 13:
      return [said('Sync')]
    case 14:
      return copy(random)
    default:
      return [said(random.pick(['CopyData x\n', 'CopyDone', 'CopyFail']))]
  }
}

function ran(text: string, statement: string, portal: string, random: Random): readonly Step[] {
  const rows = random.below(3) === 0 ? 1 + random.below(2) : 0
  const described = random.below(2) === 0 ? [said(`Describe ${portal}`)] : []
  const steps = [said(`Parse ${statement}: ${text}`), said(`Bind ${statement} ${portal}`), ...described]
  const once = said(`Execute ${portal} ${rows}`)
  return [...steps, once, ...(rows > 0 ? [once] : []), ...(random.below(2) === 0 ? [said('Sync')] : [])]
}

function copy(random: Random): readonly Step[] {
  const text = random.pick(['copy kept from stdin', 'copy nowhere from stdin'])
  const data = Array.from({ length: random.below(3) }, () =>
    said(`CopyData ${random.pick(['7\n', '8\n9\n', 'seven\n'])}`),
  )
  const end = said(random.pick(['CopyDone', 'CopyDone', 'CopyFail']))
  if (random.below(2) === 0) return [said(`Query ${text}`), ...data, end]
  const before = random.below(2) === 0 ? [said('Sync')] : []
  return [said(`Parse : ${text}`), said('Bind  '), said('Execute  0'), ...before, ...data, end, said('Sync')]
}

/** From the text of a step back to its bytes. */
export function said(text: string): Step {
  return { text, bytes: bytesOf(text) }
}

function bytesOf(text: string): Buffer {
  const [kind = ''] = text.split(' ', 1)
  const rest = text.slice(kind.length + 1)
  const words = rest.split(' ')
  switch (kind) {
    case 'Query':
      return query(rest)
    case 'Parse':
      return parse(rest.slice(rest.indexOf(':') + 2), rest.slice(0, rest.indexOf(':')))
    case 'Bind':
      return bind(words[0], words[1])
    case 'Describe':
      return describe(rest)
    case 'Execute':
      return execute(words[0], Number(words[1]))
    case 'Close':
      return close(words[0] === 'S' ? 'S' : 'P', words[1] ?? '')
    case 'Flush':
      return flush()
    case 'CopyData':
      return copyData(rest)
    case 'CopyDone':
      return copyDone()
    case 'CopyFail':
      return copyFail('no more')
    default:
      return sync()
  }
}

const CALM = [
  'select 1',
  'select n from generate_series(1, 3) n',
  'insert into kept values (1)',
  'insert into kept values (2) returning n',
  'update kept set n = n + 1',
  'delete from kept',
  'select n from kept order by n',
  'begin',
  'begin',
  'commit',
  'rollback',
  'savepoint s',
  'rollback to s',
  'release s',
  '',
  'set local work_mem = 4096',
  "set application_name = 'x'",
  'show search_path',
  'select current_schema()',
  'select word from named',
  'create temp table if not exists named as select 1 as word',
  'drop table if exists pg_temp.named',
  'listen x',
  'notify x',
  'values (1), (2)',
] as const

/** What a text with these leaves behind is known only once it has run: they come as messages of their own. */
const PLAIN = [
  ...CALM,
  'set search_path = other',
  'set search_path = public',
  'set local search_path = other',
  'reset search_path',
] as const

/** What names things, or is decided alone. */
const NAMING = [
  'prepare a as select 1 as prepared',
  'prepare b as select n from generate_series(1, 3) n',
  'prepare a as insert into kept values (5)',
  'execute a',
  'execute b',
  'deallocate a',
  'deallocate all',
  'declare c cursor for select n from generate_series(1, 5) n',
  'declare c cursor with hold for select n * 2 as n from generate_series(1, 5) n',
  'declare d cursor for select word from named',
  'declare a scroll cursor for select 7',
  'fetch 2 from c',
  'fetch all from d',
  'fetch 1 from a',
  'move 1 in c',
  'close c',
  'close a',
  'close all',
  'discard all',
  'discard temp',
  "select set_config('search_path', 'other', false)",
  "select set_config('search_path', 'other', true)",
  'copy (select 1) to stdout',
  'copy kept to stdout',
] as const

const FAILING = [
  'select 1/0',
  'bad',
  'select nothing from kept',
  'select * from nowhere',
  "insert into kept values ('x')",
  'select 1; select 2',
] as const
