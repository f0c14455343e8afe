import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Statement } from '../sql/statement.ts'
import { SHOP } from '../sql/testing/shop.ts'
import { ready, understand } from '../sql/understand.ts'
import { together } from './actions.ts'

await ready()

function statement(text: string): Statement {
  const understood = understand(text, SHOP)
  const [one] = 'ok' in understood && understood.ok ? understood.statements : []
  assert.ok(one !== undefined, text)
  return one
}

const NAMED = 'select upper(o.id::text) from orders o, customers c where o.id = 1 limit 7'

describe('a statement that names another has the facts of both', () => {
  for (const text of ['execute p', 'fetch all from c', 'explain analyze execute p']) {
    test(text, () => {
      const { facts } = together(statement(text), statement(NAMED)).shape
      assert.equal(facts['joins'], 1)
      assert.equal(facts['hasWhere'], true)
      assert.equal(facts['limit'], 7)
      assert.deepEqual(facts['tables'], ['public.orders', 'public.customers'])
      assert.ok(Array.isArray(facts['functions']) && facts['functions'].includes('pg_catalog.upper'))
    })
  }

  test('what stands in the arguments of EXECUTE is called as well', () => {
    const { facts } = together(statement("execute p (md5('x'))"), statement(NAMED)).shape
    assert.deepEqual(facts['functions'], ['pg_catalog.md5', 'pg_catalog.upper'])
  })

  test('EXPLAIN ANALYZE of an EXECUTE measures what is executed', () => {
    assert.equal(together(statement('explain (analyze) execute p'), statement(NAMED)).measures, 'touched')
    assert.equal(together(statement('execute p'), statement('explain (analyze, wal) select 1')).measures, 'everything')
    assert.equal(together(statement('execute p'), statement(NAMED)).measures, undefined)
  })
})
