// The operator is killed, taken away, and comes back: agents work on with the last word, and nobody else notices.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { SYSTEM_NAMESPACE } from '../../cluster/install.ts'
import { killGateway } from '../processes.ts'
import { install, type Stage } from '../stage.ts'
import { gatewayRestarts, job, pod, podOf, podsReady, UNTIL_TOLD, welcomed, workload } from './agents.ts'
import { type OpenSession, openSession, untilCut } from './open-session.ts'

const SELECT = 'select count(*) from customers'
const OPERATOR = 'deployment/sallyport'
/** The chart's lowest. */
const STALE_SECONDS = 10
/** The kubelet waits longer after each crash. */
const RESTART_SECONDS = 120

export function operatorAway(stage: () => Stage): void {
  const scale = async (replicas: number): Promise<void> => {
    await stage().kubectl('scale', '-n', SYSTEM_NAMESPACE, OPERATOR, `--replicas=${replicas}`)
    if (replicas > 0) return await stage().ready(SYSTEM_NAMESPACE, OPERATOR)
    await stage().until('no operator', async () => (await operators()) === '')
  }
  const operators = (): Promise<string> =>
    stage().kubectl('get', 'pods', '-n', SYSTEM_NAMESPACE, '-l', 'app.kubernetes.io/component=operator', '-o', 'name')
  const suspended = (value: boolean): Promise<string> =>
    stage().kubectl(
      ...['patch', 'accesspolicy', '-n', 'data', 'analysts', '--type=merge'],
      ...['-p', JSON.stringify({ spec: { suspend: value } })],
    )

  describe('the operator is killed', () => {
    test('an open session goes on, and the next operator’s word is in force in it', async (context) => {
      const session = await openSession(stage())
      context.after(async () => {
        await suspended(false)
        await session.close()
        await stage().until('sessions', async () => (await stage().psql(SELECT)).code === 0)
      })
      await stage().kubectl(
        ...['delete', 'pods', '-n', SYSTEM_NAMESPACE, '-l', 'app.kubernetes.io/component=operator'],
        ...['--grace-period=0', '--force'],
      )
      assert.equal(await session.ask(SELECT), '2\n')
      await stage().ready(SYSTEM_NAMESPACE, OPERATOR)
      assert.equal(await session.ask(SELECT), '2\n')
      // The rollout's status may not have heard of the deaths yet, and the API server asks whoever was there.
      await stage().until('the next operator', () =>
        suspended(true).then(
          () => true,
          () => false,
        ),
      )
      await untilCut(stage(), session)
    })
  })

  describe('no operator is there', () => {
    let session: OpenSession

    before(async () => {
      await stage().apply([
        job('finishing', UNTIL_TOLD),
        job('unrelated-job', UNTIL_TOLD, false),
        pod('alone'),
        pod('leaving'),
        pod('unrelated', { injected: false }),
        workload('Deployment', 'unrelated-many', { injected: false }),
      ])
      await podsReady(stage(), 'alone', 'leaving', 'unrelated')
      for (const name of ['finishing', 'unrelated-job']) {
        await stage().until(
          `${name} to run`,
          async () =>
            (await stage().kubectl('get', 'job', '-n', 'agents', name, '-o', 'jsonpath={.status.ready}')) === '1',
          180,
        )
      }
      session = await openSession(stage())
      await scale(0)
    })
    after(async () => {
      await scale(2)
      await session.close()
      await stage().remove('job', '-n', 'agents', 'finishing', 'unrelated-job')
      await stage().remove('deployment', '-n', 'agents', 'unrelated-many')
      await stage().remove('pod', '-n', 'agents', 'alone', 'leaving', 'unrelated', 'refused')
    })

    test('open sessions go on, and new ones are opened under the last known policy', async () => {
      assert.equal(await session.ask(SELECT), '2\n')
      const { out, err } = await stage().psql('select ssn from customers where id = 1')
      assert.equal(out, '****\n', err)
      assert.match((await stage().psql('drop table customers')).err, /Ask the orders team/)
    })

    for (const name of ['leaving', 'unrelated']) {
      test(`exec, labels and deletion work for pod ${name}`, async () => {
        const { out, err } = await stage().exec({ namespace: 'agents', of: `pod/${name}` }, 'echo', 'here')
        assert.equal(out, 'here\n', err)
        await stage().kubectl('label', 'pod', '-n', 'agents', name, 'team=orders')
        await stage().kubectl('annotate', 'pod', '-n', 'agents', name, 'example.org/note=moved')
        await stage().kubectl('delete', 'pod', '-n', 'agents', name, '--timeout=60s')
      })
    }

    test('Jobs complete, the one with a gateway too', async () => {
      for (const name of ['finishing', 'unrelated-job']) {
        await stage().exec({ namespace: 'agents', of: `job/${name}` }, 'touch', '/tmp/go')
        await stage().kubectl('wait', '-n', 'agents', `job/${name}`, '--for=condition=Complete', '--timeout=120s')
      }
    })

    test('unrelated workloads are scaled', async () => {
      await stage().kubectl('scale', '-n', 'agents', 'deployment/unrelated-many', '--replicas=2')
      await stage().ready('agents', 'deployment/unrelated-many')
      await stage().kubectl('scale', '-n', 'agents', 'deployment/unrelated-many', '--replicas=0')
    })

    test('a pod that asks for the gateway is not created without it', async () => {
      const { code, err } = await stage().tryApply([pod('refused')])
      assert.notEqual(code, 0)
      assert.match(err, /sallyport/)
    })

    test('a gateway that is restarted alone denies everything, until an operator is back', async () => {
      const restarts = await gatewayRestarts(stage(), 'pod/alone')
      await killGateway(stage(), { namespace: 'agents', name: 'alone' })
      await stage().until('the restart', async () => (await gatewayRestarts(stage(), 'pod/alone')) > restarts)
      assert.notEqual((await stage().psql(SELECT, { of: 'pod/alone' })).code, 0)
      assert.equal((await stage().psql(SELECT)).out, '2\n', 'the others go on')
      await scale(2)
      await stage().until(
        'sessions',
        async () => (await stage().psql(SELECT, { of: 'pod/alone' })).code === 0,
        RESTART_SECONDS,
      )
    })
  })

  describe('the operator is away for longer than staleAfterSeconds', () => {
    before(() => install(stage().cluster, { staleAfterSeconds: STALE_SECONDS }))
    after(async () => {
      await install(stage().cluster)
      // Until then its gateway goes by the short time.
      await welcomed(stage(), await podOf(stage(), 'analyst'))
    })

    test('open sessions are cut and new ones denied, until it is back', async (context) => {
      const session = await openSession(stage())
      await welcomed(stage(), await podOf(stage(), 'analyst'))
      await scale(0)
      context.after(() => scale(2))
      await untilCut(stage(), session)
      const refused = await stage().psql(SELECT)
      assert.match(refused.err, /operator has not been heard/)
      await scale(2)
      await stage().until('sessions', async () => (await stage().psql(SELECT)).code === 0)
    })
  })
}
