// Ready is what people and pipelines wait for: it comes when the object as it is now is in force everywhere, and not before. Degraded
// says that waiting does not help.
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { PORTS } from '#contracts/pod/names.ts'
import { EndpointAddresses } from '#sidecar/steering/addresses.ts'
import { conditionOf, untilCondition } from '../conditions.ts'
import type { Stage } from '../stage.ts'
import { pod, podsReady } from './agents.ts'

const HOST = 'readiness.data.svc'
const EDITS = 4

/** The agent knows the address that a host will have, and sits there before there is a Connection. */
const SITS = `
import socket, time
s = socket.socket(); s.bind(('${new EndpointAddresses().assign(HOST)}', ${PORTS.steered})); s.listen(); print('sits', flush=True)
time.sleep(3600)`

const resource = (kind: string, spec: unknown): unknown => ({
  apiVersion: 'sallyport.dev/v1alpha1',
  kind,
  metadata: { name: 'readiness', namespace: 'data' },
  spec,
})
const CONNECTION = resource('Connection', {
  protocol: 'PostgreSQL',
  endpoints: [{ host: HOST, port: 5432 }],
  tls: { mode: 'Require' },
  credentials: { secretRef: { name: 'orders-db-gateway' } },
})
const POLICY = resource('AccessPolicy', {
  agents: { namespaces: ['agents'], serviceAccounts: ['analyst'] },
  connections: ['readiness'],
  rules: [],
  masking: [],
  limits: [],
})

export function readiness(stage: () => Stage): void {
  const suspend = async (value: boolean): Promise<void> => {
    const patch = JSON.stringify({ spec: { suspend: value } })
    await stage().kubectl('patch', 'accesspolicy', '-n', 'data', 'analysts', '--type=merge', '-p', patch)
  }

  describe('Ready is in force, Degraded needs somebody', () => {
    after(async () => {
      await suspend(false)
      await stage().remove('pod', '-n', 'agents', 'sitter', '--wait=false')
      await stage().remove('accesspolicy,connection', '-n', 'data', 'readiness')
    })

    test('what kubectl waited for holds for the next session', async () => {
      for (let edit = 0; edit < EDITS; edit += 1) {
        const suspended = edit % 2 === 0
        await suspend(suspended)
        await untilCondition(stage(), 'Ready', 'accesspolicy/analysts')
        const { err } = await stage().psql('select count(*) from customers')
        assert.equal(err.includes('suspended'), suspended, `edit ${edit}: ${err}`)
        assert.equal((await conditionOf(stage(), 'accesspolicy/analysts', 'Ready'))?.reason, 'InForce')
      }
    })

    test('what is broken can be waited for, and a table shows why', async () => {
      await stage().apply([POLICY])
      await untilCondition(stage(), 'Degraded', 'accesspolicy/readiness')
      const table = await stage().kubectl('get', 'accesspolicy', '-n', 'data', 'readiness')
      assert.match(table, /READY +REASON.*\n.* False +ConnectionNotFound /)
      const ready = await conditionOf(stage(), 'accesspolicy/readiness', 'Ready')
      assert.match(`${ready?.status} ${ready?.message}`, /^False .*readiness.*create it/)
    })

    test('T25: a gateway that cannot take what it is sent makes it Degraded, until it can', async () => {
      const whole = ['accesspolicy/readiness', 'connection/readiness', 'accesspolicy/analysts']
      await stage().apply([pod('sitter', { container: { command: ['python3', '-c', SITS] } })])
      await podsReady(stage(), 'sitter')
      await stage().until('the sitter to sit', async () =>
        (await stage().kubectl('logs', '-n', 'agents', 'sitter', '-c', 'agent')).includes('sits'),
      )
      await stage().apply([CONNECTION])
      await untilCondition(stage(), 'Degraded', ...whole)
      for (const of of whole) {
        const ready = await conditionOf(stage(), of, 'Ready')
        assert.equal(ready?.reason, 'Rejected', of)
        assert.match(ready?.message ?? '', /1 could not take what came with it whole/)
      }
      await stage().until('the Event of its pod', async () => {
        const events = await stage().kubectl('get', 'events', '-n', 'agents', '-o', 'json')
        return JSON.parse(events).items.some(
          ({ reason, note, message }: Readonly<Record<string, string>>) =>
            reason === 'NotInForce' && `${note} ${message}`.includes(HOST),
        )
      })
      await stage().remove('pod', '-n', 'agents', 'sitter')
      await untilCondition(stage(), 'Ready', ...whole)
      await untilCondition(stage(), 'Degraded=False', ...whole)
    })
  })
}
