import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PostgresFault } from '../wire/fault.ts'
import { parseOptions, type Setting } from './options.ts'
import { parseBoolean, readWishes } from './wishes.ts'

const OPTIONS: Readonly<Record<string, readonly (readonly [string, string])[] | RegExp>> = {
  '': [],
  '  ': [],
  '-c search_path=a': [['search_path', 'a']],
  '-csearch_path=a': [['search_path', 'a']],
  '--search_path=a': [['search_path', 'a']],
  '--Search-Path=a-b': [['search_path', 'a-b']],
  '-c a.b=c=d': [['a.b', 'c=d']],
  '-c  a=1\t--b=2\n-cc=3': [
    ['a', '1'],
    ['b', '2'],
    ['c', '3'],
  ],
  '-c DateStyle=ISO,\\ DMY': [['datestyle', 'ISO, DMY']],
  '-c a=\\\\': [['a', '\\']],
  '-c a=b\\': [['a', 'b']],
  "-c a='b c'": /startup option "c'" is not allowed/,
  '-c': /requires name=value/,
  '-c role': /requires name=value/,
  '--role': /requires name=value/,
  '--=x': /requires name=value/,
  '--': /startup option "--" is not allowed/,
  '-e': /startup option "-e" is not allowed/,
  '-P -c a=b': /startup option "-P" is not allowed/,
  'a=b': /startup option "a=b" is not allowed/,
}

for (const [text, expected] of Object.entries(OPTIONS)) {
  test(`options ${JSON.stringify(text)}`, () => {
    if (expected instanceof RegExp) {
      assert.throws(() => parseOptions(text), expected)
    } else {
      assert.deepEqual(
        parseOptions(text),
        expected.map(([name, value]) => ({ name, value })),
      )
    }
  })
}

type Row = {
  readonly ask: Record<string, string>
  readonly user?: string
  readonly database?: string
  readonly settings?: readonly Setting[]
  readonly refused?: string
}

const WISHES: Readonly<Record<string, Row>> = {
  'the database is the user where none is named': { ask: { user: 'ana' }, database: 'ana' },
  'longer names are cut as the server does it, and never inside a character': {
    ask: { user: `${'u'.repeat(62)}éx`, database: 'd'.repeat(9_000) },
    user: 'u'.repeat(62),
    database: 'd'.repeat(63),
  },
  'an empty database is none': { ask: { user: 'ana', database: '' }, database: 'ana' },
  'settings come in the server’s order: options first': {
    ask: { user: 'ana', TimeZone: 'UTC', options: '-c timezone=CET' },
    settings: [
      { name: 'timezone', value: 'CET' },
      { name: 'timezone', value: 'UTC' },
    ],
  },
  'pinned settings asked for as they are anyway are granted': {
    ask: {
      user: 'ana',
      client_encoding: "'utf-8'",
      options: '-c standard_conforming_strings=ON --client-encoding=Unicode',
    },
    settings: [],
  },
  'no user': { ask: { database: 'x' }, refused: '28000' },
  'another encoding': { ask: { user: 'ana', client_encoding: 'SJIS' }, refused: '22023' },
  'another encoding in options': { ask: { user: 'ana', options: '-c client_encoding=GBK' }, refused: '22023' },
  'another encoding in capital letters': { ask: { user: 'ana', CLIENT_ENCODING: 'BIG5' }, refused: '22023' },
  'backslashes in strings': { ask: { user: 'ana', standard_conforming_strings: 'off' }, refused: '22023' },
  'replication of a database': { ask: { user: 'ana', replication: 'database' }, refused: '0A000' },
  'physical replication': { ask: { user: 'ana', replication: 'tr' }, refused: '0A000' },
  'replication that is no boolean': { ask: { user: 'ana', replication: 'o' }, refused: '0A000' },
  'no replication is no setting': { ask: { user: 'ana', replication: 'FALSE' }, settings: [] },
}

for (const [title, row] of Object.entries(WISHES)) {
  test(title, () => {
    const parameters = new Map(Object.entries(row.ask))
    if (row.refused) {
      assert.throws(
        () => readWishes(parameters),
        (error) => error instanceof PostgresFault && error.sqlstate === row.refused,
      )
      return
    }
    const wishes = readWishes(parameters)
    if (row.user) assert.equal(wishes.user, row.user)
    if (row.database) assert.equal(wishes.database, row.database)
    if (row.settings) assert.deepEqual(wishes.settings, row.settings)
  })
}

test('protocol extensions are listed, not taken for settings', () => {
  const wishes = readWishes(
    new Map([
      ['user', 'ana'],
      ['_pq_.fast', '1'],
    ]),
  )
  assert.deepEqual(wishes.unknownOptions, ['_pq_.fast'])
  assert.deepEqual(wishes.settings, [])
})

test('booleans are read as the server reads them', () => {
  for (const text of ['1', 't', 'TRUE', 'y', 'Yes', 'on']) assert.equal(parseBoolean(text), true, text)
  for (const text of ['0', 'f', 'False', 'n', 'NO', 'off', 'of']) assert.equal(parseBoolean(text), false, text)
  for (const text of ['', 'o', 'truee', '2', 'onn']) assert.equal(parseBoolean(text), undefined, text)
})
