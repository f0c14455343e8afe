import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SessionChange, Statement } from '../sql/statement.ts'
import { message } from '../wire/server-messages.ts'
import { mayTell, scrubNotification, scrubReport } from './scrub.ts'

const SECRET = '987-65-4321'

test('of an error only severity, SQLSTATE and position stay', () => {
  const letters = [...'MDHWstcdnFLRq']
  const fields = ['SFEHLER', 'VERROR', 'C22P02', 'P17', ...letters.map((letter) => `${letter}${SECRET}`)]
  const report = message('E', Buffer.from(`${fields.join('\0')}\0\0`))
  const scrubbed = scrubReport(0x45, report, 0, report.length).toString('latin1')
  assert.ok(!scrubbed.includes(SECRET) && !scrubbed.includes('FEHLER'))
  assert.match(scrubbed, /VERROR\0C22P02\0M.*\0P17\0\0$/s)
})

const PLACES: Readonly<Record<string, readonly [text: string, position: string, message: string]>> = {
  'a column': ['select nam from t', '8', 'undefined_column at nam ('],
  'a column of a table': ['select é, c."Na me", 1 from t c', '11', 'undefined_column at c."Na me" ('],
  'an operator': ['select a || 1', '10', 'undefined_column at | ('],
  'the end': ['select', '7', 'undefined_column ('],
  nowhere: ['select', '0', 'undefined_column ('],
  'far behind it': ['select', '999999999', 'undefined_column ('],
  'a text that nobody counts in': [' '.repeat(70_000), '3', 'undefined_column ('],
}

for (const [sentence, [text, position, told]] of Object.entries(PLACES)) {
  test(`what the agent wrote at the position is repeated: ${sentence}`, () => {
    const report = message('E', Buffer.from(`VERROR\0C42703\0M${SECRET}\0P${position}\0\0`))
    const scrubbed = scrubReport(0x45, report, 0, report.length, undefined, text).toString()
    assert.ok(scrubbed.includes(`\0M${told}the database`), scrubbed)
    assert.ok(!scrubbed.includes(SECRET))
  })
}

test('a severity, SQLSTATE or position that is none carries nothing', () => {
  const report = message('N', Buffer.from(`V${SECRET}\0C${SECRET}\0P${SECRET}\0M${SECRET}\0\0`))
  const scrubbed = scrubReport(0x4e, report, 0, report.length).toString('latin1')
  assert.ok(!scrubbed.includes(SECRET))
  assert.match(scrubbed, /^N.*VERROR\0CXX000\0/s)
})

test('a notification keeps its channel and loses its payload', () => {
  const sender = Buffer.from([0, 0, 0, 7])
  const told = message('A', sender, Buffer.from(`news\0${SECRET}\0`))
  assert.deepEqual(scrubNotification(told, 0, told.length), message('A', sender, Buffer.from('news\0\0')))
})

const SET = { kind: 'set', name: 'application_name', local: false, value: 'x' } as const
const PATH = { kind: 'setSearchPath', local: false, value: ['a'] } as const

const SETTINGS: Readonly<
  Record<string, readonly [name: string, ran: readonly (readonly [string, SessionChange])[], told: boolean]>
> = {
  'a setting of a closed set of values': ['DateStyle', [], true],
  'what SET says': ['application_name', [['set', SET]], true],
  'search_path as SET says': ['search_path', [['set', PATH]], true],
  'another setting than SET names': ['TimeZone', [['set', SET]], false],
  'what set_config in a SELECT leaves': ['application_name', [['select', { kind: 'opaque' }]], false],
  'what a SELECT behind a SET may have left': [
    'application_name',
    [
      ['set', SET],
      ['select', { kind: 'opaque' }],
    ],
    false,
  ],
  'what a rollback brings back': ['application_name', [['rollback', { kind: 'rollback' }]], false],
  'a change that nothing brought': ['application_name', [], false],
}

for (const [name, [setting, ran, told]] of Object.entries(SETTINGS)) {
  test(`${name} is ${told ? 'told' : 'withheld'}`, () => {
    const statements = ran.map(([verb, change]) => ({ shape: { verb }, changes: [change] }) as unknown as Statement)
    assert.equal(mayTell(setting, statements), told)
  })
}
