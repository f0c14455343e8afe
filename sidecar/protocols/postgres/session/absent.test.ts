import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SHOP } from '../sql/testing/shop.ts'
import { understand } from '../sql/understand.ts'
import { whatIsAbsent } from './absent.ts'

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
