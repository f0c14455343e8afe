// A limit `per: Agent`: all pods of an agent have it in common, whichever gateway counts, and no crash refills it.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { SYSTEM_NAMESPACE } from '../../cluster/install.ts'
import { untilCondition } from '../conditions.ts'
import { killGateway } from '../processes.ts'
import type { Stage } from '../stage.ts'
import { pod, podsReady } from './agents.ts'

const MAX = 12
const PODS = ['deployment/analyst', 'pod/second'] as const
const SPENT = /limit of policy data\/analysts reached: 12 Statements per Agent/

export function sharedBudget(stage: () => Stage): void {
  /** Whether there was room for a statement. A gateway on an overloaded machine may not know the catalog for a moment. */
  const spend = async (of: string): Promise<boolean> => {
    const { code, err } = await stage().psql('select count(*) from customers', { of })
    if (code === 0) return true
    if (!/limit of policy|no current catalog/.test(err)) throw new Error(err)
    return false
  }
  const refusedFor = (of: string, seconds: number): Promise<true | undefined> =>
    stage().until(
      `the refusal of ${of}`,
      async () => {
        const { code, err } = await stage().psql('select name from customers', { of })
        assert.notEqual(code, 0, 'there is more than the budget')
        return SPENT.test(err) || undefined
      },
      seconds,
    )
  const limited = async (...limits: readonly unknown[]): Promise<void> => {
    const patch = JSON.stringify({ spec: { limits } })
    await stage().kubectl('patch', 'accesspolicy', '-n', 'data', 'analysts', '--type=merge', '-p', patch)
    await untilCondition(stage(), 'Ready', 'accesspolicy/analysts')
  }

  describe('two pods of one agent have one budget', () => {
    before(async () => {
      await stage().apply([pod('second')])
      await podsReady(stage(), 'second')
      await limited({ metric: 'Statements', per: 'Agent', window: '1h', max: MAX, onExceed: 'Deny' })
    })
    after(async () => {
      await limited()
      await stage().remove('pod', '-n', 'agents', 'second', '--wait=false')
      await stage().remove('configmap', '-n', SYSTEM_NAMESPACE, '-l', 'sallyport.dev/budget')
    })

    test('the second has room too where the first was given all of it, and together they have no more than it', async () => {
      let spent = 0
      for (const agent of PODS) {
        await stage().until(`room for ${agent}`, () => spend(agent))
        spent += 1
      }
      await stage().until('the end of the budget', async () => {
        for (const agent of PODS) if (await spend(agent)) spent += 1
        return spent >= MAX
      })
      assert.equal(spent, MAX)
      for (const agent of PODS) await refusedFor(agent, 60)
    })

    test('a gateway that starts anew finds it spent', async () => {
      await killGateway(stage(), { namespace: 'agents', name: 'second' })
      await refusedFor('pod/second', GATEWAY_SECONDS)
    })
  })
}

/** Until a crashed gateway is back and attested. */
const GATEWAY_SECONDS = 120
