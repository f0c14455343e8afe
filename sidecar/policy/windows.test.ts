import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { Window } from '#crds/types.gen.ts'
import { compileWindow } from './windows.ts'

const zurich = { name: 'w', from: '02:15', to: '02:45', timeZone: 'Europe/Zurich' }

// Every instant is in UTC; the offsets come from the tz database.
const cases: readonly [string, Omit<Window, 'name'>, Readonly<Record<string, boolean>>][] = [
  [
    'days and hours are those of the wall clock',
    { days: ['Tue'], from: '20:00', to: '22:00', timeZone: 'America/New_York' },
    {
      '2026-01-07T00:59:59Z': false, // Tuesday 19:59 EST
      '2026-01-07T01:00:00Z': true,
      '2026-01-07T02:59:59Z': true,
      '2026-01-07T03:00:00Z': false,
      '2026-07-08T00:00:00Z': true, // Tuesday 20:00 EDT
      '2026-07-08T02:00:00Z': false,
    },
  ],
  [
    'Zurich, 29 March 2026: 02:00 to 03:00 does not exist, and a window inside it is never open',
    zurich,
    {
      '2026-03-28T01:30:00Z': true, // the day before, 02:30
      '2026-03-29T00:59:59Z': false, // 01:59:59
      '2026-03-29T01:00:00Z': false, // 03:00:00
      '2026-03-29T01:30:00Z': false,
      '2026-03-30T00:30:00Z': true, // the day after, 02:30
    },
  ],
  [
    'Zurich, 25 October 2026: 02:00 to 03:00 happens twice, and a window inside it is open twice',
    zurich,
    {
      '2026-10-25T00:30:00Z': true, // 02:30 summer time
      '2026-10-25T01:00:00Z': false, // 02:00 winter time
      '2026-10-25T01:30:00Z': true, // 02:30 winter time
      '2026-10-25T02:30:00Z': false,
    },
  ],
  [
    'across a skipped hour the window is an hour shorter',
    { from: '01:00', to: '04:00', timeZone: 'Europe/Zurich' },
    {
      '2026-03-28T23:59:59Z': false,
      '2026-03-29T00:00:00Z': true, // 01:00
      '2026-03-29T01:59:59Z': true, // 03:59:59
      '2026-03-29T02:00:00Z': false, // 04:00
    },
  ],
  [
    'across midnight it belongs to the day on which it began',
    { days: ['Sat'], from: '23:00', to: '04:00', timeZone: 'Europe/Zurich' },
    {
      '2026-03-28T21:59:59Z': false,
      '2026-03-28T22:00:00Z': true, // Saturday 23:00
      '2026-03-29T00:30:00Z': true, // Sunday 01:30
      '2026-03-29T01:30:00Z': true, // Sunday 03:30, after the skipped hour
      '2026-03-29T02:00:00Z': false, // Sunday 04:00
      '2026-03-29T22:00:00Z': false, // Sunday 23:00 (summer time: 00:00 Monday)
      '2026-03-28T02:00:00Z': false, // Saturday 03:00 belongs to Friday
    },
  ],
  [
    'New York, 8 March and 1 November 2026',
    { from: '02:30', to: '03:30', timeZone: 'America/New_York' },
    {
      '2026-03-08T06:59:59Z': false, // 01:59:59 EST
      '2026-03-08T07:00:00Z': true, // 03:00 EDT
      '2026-03-08T07:30:00Z': false,
      '2026-11-01T05:45:00Z': false, // 01:45 EDT
      '2026-11-01T06:45:00Z': false, // 01:45 EST
      '2026-11-01T07:30:00Z': true, // 02:30 EST
    },
  ],
  [
    'Kolkata is half an hour off and knows no daylight saving',
    { days: ['Mon'], from: '00:00', to: '00:30', timeZone: 'Asia/Kolkata' },
    {
      '2026-01-04T18:29:59Z': false, // Sunday 23:59:59
      '2026-01-04T18:30:00Z': true, // Monday 00:00
      '2026-01-04T19:00:00Z': false,
      '2026-07-05T18:45:00Z': true,
    },
  ],
  [
    'Lord Howe shifts by half an hour: forward on 4 October, back on 5 April 2026',
    { from: '01:45', to: '02:15', timeZone: 'Australia/Lord_Howe' },
    {
      '2026-10-03T15:14:59Z': false, // 01:44:59 (+10:30)
      '2026-10-03T15:15:00Z': true, // 01:45
      '2026-10-03T15:29:59Z': true, // 01:59:59
      '2026-10-03T15:30:00Z': false, // 02:30 (+11), so 02:00 to 02:15 does not exist
      '2026-04-04T14:45:00Z': true, // 01:45 (+11)
      '2026-04-04T14:59:59Z': true, // 01:59:59
      '2026-04-04T15:00:00Z': false, // 01:30 (+10:30)
      '2026-04-04T15:15:00Z': true, // 01:45 again
      '2026-04-04T15:45:00Z': false, // 02:15
    },
  ],
  [
    '00:00 to 24:00 is the whole day',
    { days: ['Wed'], from: '00:00', to: '24:00', timeZone: 'UTC' },
    { '2026-01-07T00:00:00Z': true, '2026-01-07T23:59:59Z': true, '2026-01-08T00:00:00Z': false },
  ],
]

describe('windows', () => {
  for (const [title, spec, instants] of cases) {
    test(title, () => {
      const window = compileWindow({ name: 'w', ...spec })
      assert.ok(typeof window !== 'string')
      for (const [instant, open] of Object.entries(instants)) {
        assert.equal(window.open(Date.parse(instant)), open, instant)
      }
    })
  }

  test('the answer does not depend on what was asked before', () => {
    const spec: Window = { name: 'w', days: ['Sat', 'Sun'], from: '22:30', to: '03:15', timeZone: 'Europe/Zurich' }
    const kept = compileWindow(spec)
    assert.ok(typeof kept !== 'string')
    const start = Date.parse('2026-03-27T00:00:00Z')
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4 * 86_400_000 }), (offset) => {
        const fresh = compileWindow(spec)
        assert.ok(typeof fresh !== 'string')
        assert.equal(kept.open(start + offset), fresh.open(start + offset))
      }),
    )
  })

  const wrong: Readonly<Record<string, Partial<Window>>> = {
    'from is "25:00", not HH:MM': { from: '25:00' },
    'to is "9:00", not HH:MM': { to: '9:00' },
    'to is "24:01", not HH:MM': { to: '24:01' },
    'timeZone "Europe/Zuerich" is not an IANA time zone': { timeZone: 'Europe/Zuerich' },
  }
  for (const [says, part] of Object.entries(wrong)) {
    test(says, () => assert.equal(compileWindow({ ...zurich, ...part }), `window w: ${says}`))
  }
})
