import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import type { Limit } from '#sidecar/policy/limit.ts'
import type { Decision } from '#sidecar/policy/verdict.ts'
import { together } from './session/actions.ts'
import type { Statement } from './sql/statement.ts'
import { SHOP } from './sql/testing/shop.ts'
import { ready, understand } from './sql/understand.ts'
import { type Asked, withLimits } from './uncounted.ts'

before(() => ready())

const ALLOWED: Decision = {
  verdict: 'Allow',
  part: 0,
  policy: 'data/p',
  rule: 'all',
  reason: 'allowed',
  shadows: [],
  conditionFaults: [],
  volatile: false,
}

function limit(metric: Limit['metric'], more: Partial<Limit> = {}): Limit {
  return {
    policy: 'data/p',
    metric,
    per: 'Session',
    max: 10,
    onExceed: 'Deny',
    enforced: true,
    text: `10 ${metric}`,
    ...more,
  }
}

async function statement(text: string): Promise<Statement> {
  const understood = await understand(text, SHOP)
  assert.ok(understood.ok, understood.ok ? '' : understood.reason)
  const [first] = understood.statements
  assert.ok(first)
  return first
}

interface Case {
  readonly text: string
  readonly refused: boolean
  readonly asked?: Asked
}

const CHANGE = 'with gone as (delete from orders where id = 1 returning id) select count(*) from gone'

const CHANGES: Readonly<Record<string, Case>> = {
  'a change by itself': { text: 'delete from orders', refused: false },
  'a change that gives rows back': { text: 'update orders set total = 1 returning id', refused: false },
  'a WITH that reads': { text: 'with o as (select id from orders) delete from orders where id = 1', refused: false },
  'a change in a WITH': { text: CHANGE, refused: true },
  'a change in a WITH of a change': {
    text: 'with gone as (delete from orders returning id, total) insert into orders select id, total from gone',
    refused: true,
  },
  'a change in a WITH that is copied out': { text: `copy (${CHANGE}) to stdout`, refused: true },
  TRUNCATE: { text: 'truncate orders', refused: true },
  'a change under EXPLAIN': { text: 'explain delete from orders', refused: false },
  'a change in a WITH under EXPLAIN': { text: `explain ${CHANGE}`, refused: false },
  'a change under EXPLAIN ANALYZE': { text: 'explain analyze delete from orders', refused: true },
  'a change in a WITH under EXPLAIN ANALYZE': { text: `explain analyze ${CHANGE}`, refused: true },
  'a read under EXPLAIN ANALYZE': { text: 'explain analyze select id from orders', refused: false },
  'a change of which some rows are fetched': {
    text: 'delete from orders returning id',
    asked: 'partly',
    refused: true,
  },
  'a change behind another': { text: 'delete from orders', asked: 'behind', refused: true },
  'a COPY behind another change': { text: 'copy orders from stdin', asked: 'behind', refused: true },
  'a read behind a change': { text: 'select id from orders', asked: 'behind', refused: false },
  'a read of which some rows are fetched': { text: 'select id from orders', asked: 'partly', refused: false },
}

describe('while a limit on AffectedRows is in force, refused is what it could not count', () => {
  for (const [name, { text, refused, asked }] of Object.entries(CHANGES)) {
    test(name, async () => {
      const { verdict } = withLimits(await statement(text), [limit('AffectedRows')], ALLOWED, asked)
      assert.equal(verdict, refused ? 'Deny' : 'Allow')
    })
  }

  test('an EXECUTE of it', async () => {
    const execute = await statement('execute p')
    const explain = await statement('explain analyze execute p')
    const limits = [limit('AffectedRows')]
    assert.equal(withLimits(together(execute, await statement(CHANGE)), limits, ALLOWED).verdict, 'Deny')
    const change = await statement('delete from orders')
    assert.equal(withLimits(together(execute, change), limits, ALLOWED).verdict, 'Allow')
    assert.equal(withLimits(together(explain, change), limits, ALLOWED).verdict, 'Deny')
  })
})

const READ = '(select string_agg(name, $$,$$) from customers)'

const SETTINGS: Readonly<Record<string, Case>> = {
  'a search_path that is read': { text: `select set_config('search_path', ${READ}, false)`, refused: true },
  'a search_path that is read and counted': {
    text: `select count(set_config('search_path', name, false)) from customers`,
    refused: true,
  },
  "an application's setting that is read": { text: `select set_config('app.x', ${READ}, false)`, refused: true },
  'a setting whose name is computed': {
    text: `select set_config('app.' || 'x', ${READ}, false)`,
    refused: true,
  },
  'a search_path that is written': { text: `select set_config('search_path', 'public', false)`, refused: false },
  'a search_path that is bound': { text: `select set_config('search_path', $1, false)`, refused: false },
  'a search_path that is written beside what is read': {
    text: `select set_config('search_path', 'public', false), id from orders`,
    refused: false,
  },
  'a search_path out of structure': {
    text: `select set_config('search_path', (select string_agg(nspname, $$,$$) from pg_namespace), false)`,
    refused: false,
  },
  'a short name or a number': { text: `select set_config('application_name', ${READ}, false)`, refused: false },
  SET: { text: 'set search_path = public', refused: false },
}

describe('while a limit on what is read is in force, refused is what reads into a setting', () => {
  for (const metric of ['Rows', 'Bytes'] as const) {
    for (const [name, { text, refused }] of Object.entries(SETTINGS)) {
      test(`${metric}: ${name}`, async () => {
        const { verdict } = withLimits(await statement(text), [limit(metric)], ALLOWED)
        assert.equal(verdict, refused ? 'Deny' : 'Allow')
      })
    }
  }
})

describe('limits that count nothing here, or refuse nothing, leave the decision as it is', () => {
  const others: Readonly<Record<string, Limit>> = {
    'another metric': limit('Statements'),
    'in Audit mode': limit('AffectedRows', { enforced: false }),
    'an alert': limit('AffectedRows', { onExceed: 'Alert' }),
    'per Statement, which stops nothing': limit('AffectedRows', { per: 'Statement' }),
  }
  for (const [name, other] of Object.entries(others)) {
    test(name, async () => {
      assert.equal(withLimits(await statement('truncate orders'), [other], ALLOWED), ALLOWED)
    })
  }
})

test('the refusal names the policy, the limit and the remedy, and no rule', async () => {
  const denied = withLimits(await statement('truncate orders'), [limit('AffectedRows')], ALLOWED)
  assert.equal(denied.rule, undefined)
  assert.equal(
    denied.reason,
    'limit of policy data/p (10 AffectedRows) could not be kept: the database does not tell how many rows TRUNCATE removes; use DELETE',
  )
})
