import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SHOP } from '../sql/testing/shop.ts'
import { understand } from '../sql/understand.ts'
import { absentState, whatIsAbsent } from './absent.ts'

const CASES: Readonly<Record<string, readonly [text: string, told: string]>> = {
  'a table that is there': ['select * from orders', ''],
  'a table that is not': [
    'select * from order_s',
    '; there is no public.order_s in the database, as far as the gateway knows',
  ],
  'a schema that is not': [
    'delete from shop.orders',
    '; there is no shop.orders in the database, as far as the gateway knows',
  ],
  'one of two': [
    'select * from orders join clients on true',
    '; there is no public.clients in the database, as far as the gateway knows',
  ],
  'a function that is not': ['select datediff(1) from orders', ''],
  'a table that is about to be made': ['create table fresh (a int)', ''],
}

for (const [sentence, [text, told]] of Object.entries(CASES)) {
  test(sentence, async () => {
    const understood = await understand(text, SHOP)
    assert.ok(understood.ok)
    const [statement] = understood.statements
    assert.ok(statement)
    assert.equal(whatIsAbsent(statement, SHOP.catalog), told)
  })
}

const STATES: Readonly<Record<string, readonly [text: string, states: readonly string[]]>> = {
  'all is there': ['select length(note) from orders', []],
  'a function is not': ['select datediff(1) from orders', ['42883']],
  'a column is not': ['select o.nowhere from orders o', ['42703']],
  'a type is not': ["select 'a'::integr", ['42704']],
  'an operator is not': ['select 1 <=|=> 2', ['42883']],
  'what runs is not known': ['do language plperl $$ $$', []],
}

for (const [sentence, [text, states]] of Object.entries(STATES)) {
  test(`a code of its own where ${sentence}`, async () => {
    const understood = await understand(text, SHOP)
    assert.ok(understood.ok)
    const parts = understood.statements.flatMap(({ shape }) => shape.parts)
    assert.deepEqual(
      parts.flatMap((part) => absentState(part) ?? []),
      states,
    )
  })
}
