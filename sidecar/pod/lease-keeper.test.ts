import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BudgetRequest } from '#contracts/control/messages.ts'
import type { Limit } from '#sidecar/policy/limit.ts'
import { LeaseKeeper } from './lease-keeper.ts'

const statements: Limit = {
  policy: 'data/p',
  metric: 'Statements',
  per: 'Agent',
  windowSeconds: 60,
  max: 10,
  onExceed: 'Deny',
  enforced: true,
  text: '10 Statements per Agent in 1m',
}

test('leases are asked for as soon as somebody listens, and anew after each loss', (context) => {
  context.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] })
  const said: BudgetRequest[] = []
  let now = 0
  const keeper = new LeaseKeeper({ say: (request) => said.push(request) > 0, now: () => now })
  const pass = (milliseconds: number) => {
    now += milliseconds
    context.mock.timers.tick(milliseconds)
  }
  keeper.leases.enforce([statements])
  pass(1_000)
  assert.equal(said.length, 0)
  keeper.welcome()
  assert.equal(said.length, 1)
  pass(5_000)
  assert.equal(said.length, 1, 'one request is under way')
  keeper.lost()
  pass(5_000)
  assert.equal(said.length, 1, 'nobody listens')
  keeper.welcome()
  assert.deepEqual(
    said.map(({ serial }) => serial),
    [1, 2],
  )
  keeper.stop()
})
