// NetworkPolicies around pods with a gateway, where the chart asks for them. The tests' own cluster does not enforce any: here is what is
// made, told, and taken away again.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { install, type Stage } from '../stage.ts'
import { part } from './agents.ts'

const OURS = 'networkpolicy/sallyport-agents'

export function egressCap(stage: () => Stage): void {
  describe('an outer cap on what agents reach', () => {
    before(() => install(stage().cluster, { agentNetworkPolicies: { enabled: true } }))
    after(async () => {
      await stage().remove('networkpolicy', '-n', 'agents', 'generous')
      await install(stage().cluster)
    })

    test('the namespace of agents gets a policy that leads where its Connections lead, and is made again', async () => {
      for (const turn of ['made', 'made again']) {
        const spec = await stage().until(turn, async () => {
          const found = await stage().tryKubectl('get', '-n', 'agents', OURS, '-o', 'jsonpath={.spec}')
          return found.code === 0 && found.out
        })
        const { podSelector, policyTypes, egress } = JSON.parse(spec)
        assert.deepEqual(podSelector, { matchExpressions: [{ key: 'sallyport.dev/injected', operator: 'Exists' }] })
        assert.deepEqual(policyTypes, ['Egress'])
        const data = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'data' } } }
        assert.ok(JSON.stringify(egress).includes(JSON.stringify({ to: [data] })), spec)
        if (turn === 'made') await stage().kubectl('delete', '-n', 'agents', OURS)
      }
    })

    test('a pod that another policy lets out further is told so', async () => {
      const metadata = { namespace: 'agents', name: 'generous' }
      const spec = { podSelector: { matchLabels: { app: 'analyst' } }, policyTypes: ['Egress'], egress: [{}] }
      await stage().apply([{ apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata, spec }])
      const told = await stage().until('an Event', async () => {
        const events = ['get', 'events', '-n', 'agents', '--field-selector=reason=EgressCapWidened']
        const messages = await stage().kubectl(...events, '-o', 'jsonpath={.items[*].message}')
        return messages !== '' && messages
      })
      assert.match(told, /NetworkPolicy generous selects this pod and allows egress beyond/)
    })

    test('it goes when the chart asks for it no longer', async () => {
      const [owner] = JSON.parse(await part(stage(), OURS, '{.metadata.ownerReferences}'))
      assert.equal(owner.kind, 'ClusterRole')
      await install(stage().cluster)
      await stage().until('the policy to be gone', async () => {
        const found = await stage().tryKubectl('get', '-n', 'agents', OURS)
        return found.code !== 0
      })
    })
  })
}
