import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Client } from '#operator/kube/client.ts'
import { FakeClock } from '#operator/kube/testing/fake-clock.ts'
import { FakeServer } from '#operator/kube/testing/fake-server.ts'
import { FaultPlan } from '#operator/kube/testing/faults.ts'
import { CONFIG_MAPS, NAMESPACES, PODS, SERVICES, SUBJECT_ACCESS_REVIEWS } from '#operator/resources.ts'
import { DEFINITIONS, NODES, POLICIES, POLICY_BINDINGS, RUNTIME_CLASSES, WORKLOADS } from './resources.ts'
import { run } from './run.ts'

describe('the command, at an API server in memory', () => {
  const SELF = { ...SUBJECT_ACCESS_REVIEWS, plural: 'selfsubjectaccessreviews', kind: 'SelfSubjectAccessReview' }
  const SERVED = [NODES, RUNTIME_CLASSES, DEFINITIONS, POLICIES, POLICY_BINDINGS, ...WORKLOADS, CONFIG_MAPS, NAMESPACES]
  const resources = [...SERVED, PODS, SERVICES, SUBJECT_ACCESS_REVIEWS, SELF]

  async function doctor(args: readonly string[], allowed = true) {
    const reviews = { subjectaccessreviews: () => ({ allowed }), selfsubjectaccessreviews: () => ({ allowed }) }
    const server = new FakeServer({ clock: new FakeClock(), resources, reviews })
    fill(server)
    let out = ''
    const sink = { write: (text: string) => (out += text) }
    const code = await run(args, { stdout: sink, stderr: sink }, async () => ({
      api: new Client({ transport: server, clock: new FakeClock() }),
      transport: { open: async () => ({ status: 200, retryAfter: undefined, body: version() }) },
    }))
    return { code, out, requests: server.requests }
  }

  async function* version(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('{"gitVersion":"v1.34.4"}')
  }

  function fill(server: FakeServer): void {
    const [deployments] = WORKLOADS
    if (deployments === undefined) throw new Error('no Deployments')
    server.storage.create(deployments, {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { namespace: 'sallyport', name: 'sallyport', labels: { 'app.kubernetes.io/name': 'sallyport' } },
      spec: { replicas: 2, template: { spec: { serviceAccountName: 'sallyport' } } },
      status: { readyReplicas: 2 },
    })
    server.storage.create(CONFIG_MAPS, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { namespace: 'sallyport', name: 'sallyport-settings' },
      data: { 'settings.json': JSON.stringify({ ownerNamespaces: ['data'], nameServers: ['10.0.0.53'] }) },
    })
    server.storage.create(NAMESPACES, {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'data', labels: { 'sallyport.dev/owner': 'true' } },
    })
    server.storage.create(NODES, {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: 'one' },
      status: { nodeInfo: { operatingSystem: 'linux', kernelVersion: '6.1.0', kubeletVersion: 'v1.34.4' } },
    })
  }

  test('what it gathers is what it judges', async () => {
    const { code, out, requests } = await doctor([])
    assert.equal(code, 1)
    for (const line of [
      /^ok {4}the API server is v1\.34\.4$/m,
      /^ok {4}release sallyport\/sallyport: 2 of 2 replicas are ready$/m,
      /^fail {2}the definition of AccessPolicy is missing {2}→ helm install/m,
      /^ok {4}the operator \(ServiceAccount sallyport\/sallyport\) may do what is needed$/m,
      /^ok {4}gateways ask 10\.0\.0\.53$/m,
      /^ok {4}targets belong to data$/m,
      /^fail {2}an annotated pod in namespace default comes back without the gateway/m,
    ])
      assert.match(out, line)
    assert.ok(requests.includes('POST /api/v1/namespaces/default/pods?dryRun=All'))
  })

  test('as JSON it is the same, for programs', async () => {
    const { out } = await doctor(['--output', 'json'], false)
    const { findings } = JSON.parse(out) as { findings: { check: string; result: string; what: string }[] }
    const rights = findings.find(({ check }) => check === 'rights')
    assert.equal(rights?.result, 'fail')
    assert.match(rights?.what ?? '', /list secrets in namespace data/)
  })

  test('an API server that does not answer is asked once', async () => {
    const server = new FakeServer({ clock: new FakeClock(), resources, faults: new FaultPlan(['refused']) })
    let out = ''
    const sink = { write: (text: string) => (out += text) }
    const api = new Client({ transport: server, clock: new FakeClock() })
    assert.equal(await run([], { stdout: sink, stderr: sink }, async () => ({ api, transport: server })), 1)
    assert.equal(out, 'sallyport doctor: list namespaces: no answer: connect ECONNREFUSED (ECONNREFUSED)\n')
    assert.equal(server.requests.length, 1)
  })

  test('it knows its options', async () => {
    assert.equal((await doctor(['--output', 'xml'])).code, 2)
    assert.match((await doctor(['--help'])).out, /^Usage: sallyport doctor/)
  })
})
