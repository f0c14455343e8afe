import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Budget, type Holder, type Ledger, LedgerError, readLedger, writeLedger } from './ledger.ts'
import { recallsOf } from './recalls.ts'

const holder = (part: Partial<Holder>): Holder => ({
  since: 1,
  serial: 1,
  used: 0,
  held: 0,
  wanted: 0,
  urgent: false,
  until: 1_000,
  ...part,
})

describe('a ledger', () => {
  test('is read as it was written', () => {
    const ledger: Ledger = new Map([
      ['data/p Rows Agent 60', { windowSeconds: 60, slots: new Map([[7, 3]]), holders: new Map([['a', holder({})]]) }],
      ['data/p Sessions Agent ', { slots: new Map(), holders: new Map([['b', holder({ urgent: true, wanted: 2 })]]) }],
    ])
    assert.deepEqual(readLedger(writeLedger(ledger)), ledger)
  })

  const BROKEN: Readonly<Record<string, string>> = {
    'is empty': '',
    'is no JSON': '{',
    'is of another format': '{"format":2,"limits":[]}',
    'has no limits': '{"format":1}',
    'has a limit without slots': '{"format":1,"limits":[["l",60,null,[]]]}',
    'has an amount below nothing': '{"format":1,"limits":[["l",60,[[1,-5]],[]]]}',
    'has a holder with something missing': '{"format":1,"limits":[["l",60,[],[["uid",1,2,3]]]]}',
  }
  for (const [title, text] of Object.entries(BROKEN)) {
    test(`that ${title} is never taken for an empty one`, () => assert.throws(() => readLedger(text), LedgerError))
  }

  test('does not outgrow an object of the API server', () => {
    const holders = new Map(Array.from({ length: 30_000 }, (_, i) => [`uid-${i}`, holder({})]))
    assert.throws(() => writeLedger(new Map([['l', { slots: new Map(), holders }]])), /too large/)
  })
})

describe('recalled is', () => {
  const RECALLS: Readonly<
    Record<string, { readonly holders: Readonly<Record<string, Holder>>; readonly recalls: object }>
  > = {
    'nothing where nobody waits': { holders: { a: holder({ held: 9 }), b: holder({}) }, recalls: {} },
    'half of what the other one has': {
      holders: { a: holder({ held: 9 }), b: holder({ wanted: 9 }) },
      recalls: { a: 4 },
    },
    'nothing where the other one has no more than twice as much': {
      holders: { a: holder({ held: 8 }), b: holder({ held: 4, wanted: 9 }) },
      recalls: {},
    },
    'the last one only for whoever was refused something': {
      holders: { a: holder({ held: 1 }), b: holder({ wanted: 1 }) },
      recalls: {},
    },
    'the last one for whoever was refused something': {
      holders: { a: holder({ held: 1 }), b: holder({ wanted: 1, urgent: true }) },
      recalls: { a: 0 },
    },
    'nothing that is in use': {
      holders: { a: holder({ held: 3, used: 3 }), b: holder({ wanted: 1, urgent: true }) },
      recalls: {},
    },
  }
  const CROWDS: Readonly<
    Record<string, { readonly each: number; readonly wanted: number; readonly recalled: number }>
  > = {
    'from eight where each has plenty': { each: 1_000, wanted: 10, recalled: 8 },
    'from as many as it takes where each has little': { each: 2, wanted: 40, recalled: 40 },
    'from a hundred at once, whatever is wanted': { each: 2, wanted: 1_000, recalled: 100 },
  }
  for (const [title, { each, wanted, recalled }] of Object.entries(CROWDS)) {
    test(title, () => {
      const crowd = Array.from({ length: 300 }, (_, i) => [`p${i}`, holder({ held: each })] as const)
      const holders = new Map([...crowd, ['needy', holder({ wanted })] as const])
      assert.equal(recallsOf({ slots: new Map(), holders }).size, recalled)
    })
  }
  for (const [title, { holders, recalls }] of Object.entries(RECALLS)) {
    test(title, () => {
      const budget: Budget = { slots: new Map(), holders: new Map(Object.entries(holders)) }
      assert.deepEqual(Object.fromEntries(recallsOf(budget)), recalls)
    })
  }
})
