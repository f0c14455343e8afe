import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { parse } from 'yaml'
import { parseSettings } from '#operator/settings.ts'
import { sources } from './generate.ts'
import { CHART, helm, notes, type Rendered, render, whyNoHelm } from './helm.fixture.ts'

/** What one value makes of the chart; every set must render whole. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  'as it comes': [],
  'with everything switched on': [
    'ownerNamespaces=["data","more"]',
    'networkPolicy={"enabled":true}',
    'metrics={"serviceMonitor":{"enabled":true,"labels":{"release":"prometheus"}},"dashboard":{"enabled":true}}',
    'images={"pullSecrets":["registry"]}',
    'operator={"replicas":3,"nodeSelector":{"pool":"system"},"tolerations":[{"operator":"Exists"}]}',
    'webhooks={"certManager":{"enabled":true}}',
    'agentNetworkPolicies={"enabled":true}',
    'trust={"extraCAs":["-----BEGIN CERTIFICATE-----\\nMII\\n-----END CERTIFICATE-----"],"files":["/etc/ssl/db.crt"]}',
  ],
  'with as little as can be': [
    'operator={"replicas":1,"priorityClassName":""}',
    'podDisruptionBudget={"enabled":false}',
  ],
  'with images by digest': ['images={"sidecar":"registry.example:5000/a/b@sha256:00"}'],
}

describe('what helm makes of the chart', { skip: whyNoHelm ?? false }, () => {
  for (const [sentence, sets] of Object.entries(VALUES)) {
    test(`${sentence}: every object is the release's and holds no secret`, async () => {
      const objects = await render(...sets)
      const wrong = objects.filter(({ metadata }) => !isDeepStrictEqual(labelsOf(metadata.labels), LABELS))
      assert.deepEqual(wrong.map(nameOf), [])
      assert.deepEqual(
        objects.filter(({ kind }) => kind === 'Secret').map(nameOf),
        [],
        'keys are made in the cluster, never by helm',
      )
      const names = objects.map(nameOf)
      assert.equal(new Set(names).size, names.length, 'two objects have one name')
    })
  }

  test('helm lint finds nothing', async () => {
    assert.match(await helm('lint', '--strict', CHART), /1 chart\(s\) linted, 0 chart\(s\) failed/)
  })

  test('definitions are those of crds/, and stay when the release goes', async () => {
    const rendered = new Map(
      (await render()).filter(({ kind }) => kind === 'CustomResourceDefinition').map((crd) => [crd.metadata.name, crd]),
    )
    const ours = [...sources().values()].filter((path) => path.startsWith('crds/'))
    assert.equal(rendered.size, ours.length)
    for (const path of ours) {
      const wanted = parse(readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')) as Rendered
      const crd = rendered.get(wanted.metadata.name)
      assert.deepEqual(crd?.['spec'], wanted['spec'], path)
      assert.equal(crd?.metadata.annotations?.['helm.sh/resource-policy'], 'keep')
    }
  })

  test('one replica has no PodDisruptionBudget, two have one', async () => {
    const count = async (replicas: number): Promise<number> =>
      (await render(`operator.replicas=${replicas}`)).filter(({ kind }) => kind === 'PodDisruptionBudget').length
    assert.deepEqual([await count(1), await count(2)], [0, 1])
  })

  /** A value → the object that is there with it and not without it. */
  const SWITCHES: Readonly<Record<string, (object: Rendered) => boolean>> = {
    'networkPolicy.enabled': ({ kind }) => kind === 'NetworkPolicy',
    'metrics.serviceMonitor.enabled': ({ kind }) => kind === 'ServiceMonitor',
    'metrics.dashboard.enabled': ({ kind, metadata }) => kind === 'ConfigMap' && metadata.name.endsWith('-dashboard'),
    'podDisruptionBudget.enabled': ({ kind }) => kind === 'PodDisruptionBudget',
  }
  for (const [value, is] of Object.entries(SWITCHES)) {
    test(`${value} is what it takes`, async () => {
      assert.equal((await render(`${value}=true`)).filter(is).length, 1)
      assert.equal((await render(`${value}=false`)).filter(is).length, 0)
    })
  }

  test('each owner namespace, and no other, has a Role that reads its Secrets', async () => {
    const reading = (await render('ownerNamespaces=["data","more"]')).filter(
      ({ kind, metadata }) => kind === 'Role' && metadata.namespace !== 'gates',
    )
    assert.deepEqual(reading.map(({ metadata }) => metadata.namespace).sort(), ['data', 'more'])
    const everywhere = (await render('ownerNamespaces=["data"]')).filter(({ kind }) => kind === 'ClusterRole')
    assert.doesNotMatch(JSON.stringify(everywhere), /"secrets"/)
  })

  test('the admission policies know the sidecar’s image without its tag or digest', async () => {
    const policies = JSON.stringify(
      (await render('images.sidecar="registry.example:5000/a/b@sha256:00"')).filter(
        ({ kind }) => kind === 'ValidatingAdmissionPolicy',
      ),
    )
    assert.match(policies, /'registry\.example:5000\/a\/b:'/)
    assert.doesNotMatch(policies, /SIDECAR_IMAGE|OPERATOR_NAMESPACE|NAME-/)
  })

  test('the hostile pod has a namespace of its own, unless one is named', async () => {
    const tests = async (...sets: string[]): Promise<readonly Rendered[]> =>
      (await render(...sets)).filter(({ metadata }) => metadata.annotations?.['helm.sh/hook'] === 'test')
    assert.deepEqual(
      (await tests()).map(({ kind, metadata }) => `${kind} ${metadata.namespace ?? metadata.name}`),
      ['Namespace gate-sallyport-test', 'Pod gate-sallyport-test'],
    )
    const [pod, ...others] = await tests('tests.namespace="agents"')
    assert.deepEqual([pod?.metadata.namespace, others.length], ['agents', 0])
    assert.equal(pod?.metadata.annotations?.['sallyport.dev/inject'], 'true')
  })

  test('with cert-manager the webhooks’ certificate is its business, by an issuer of its own or a given one', async () => {
    const certified = async (...sets: string[]) => {
      const objects = await render('webhooks.certManager.enabled=true', ...sets)
      const issuers = objects.filter(({ kind }) => kind === 'Issuer')
      const [certificate] = objects.filter(({ kind }) => kind === 'Certificate')
      return { objects, issuers, spec: Object(certificate?.['spec']) }
    }
    const own = await certified()
    assert.equal(own.issuers.length, 1)
    assert.deepEqual(own.spec.issuerRef, {
      name: own.issuers[0]?.metadata.name,
      kind: 'Issuer',
      group: 'cert-manager.io',
    })
    assert.ok(own.spec.dnsNames.includes('gate-sallyport.gates.svc'))
    const issuerRef = { name: 'company', kind: 'ClusterIssuer', group: 'cert-manager.io' }
    const given = await certified(`webhooks.certManager.issuerRef=${JSON.stringify(issuerRef)}`)
    assert.deepEqual([given.issuers.length, given.spec.issuerRef], [0, issuerRef])
    // The operator reads what the Certificate's Secret holds.
    const deployment = JSON.stringify(given.objects.find(({ kind }) => kind === 'Deployment'))
    assert.match(deployment, new RegExp(`"name":"webhooks","secret":{"secretName":"${given.spec.secretName}"}`))
    assert.match(deployment, /"name":"webhooks","mountPath":"\/etc\/sallyport-webhooks","readOnly":true/)
    const settings = given.objects.find(({ metadata }) => metadata.name.endsWith('-settings'))
    const { webhookCertificate } = parseSettings(String(Object(settings?.['data'])['settings.json']), 'settings')
    assert.equal(webhookCertificate, '/etc/sallyport-webhooks')
  })

  test('NetworkPolicies for agents take a role of their own, by whose name the operator knows that it is to make them', async () => {
    const roles = (objects: readonly Rendered[]) => objects.filter(({ kind }) => kind === 'ClusterRole')
    const objects = await render('agentNetworkPolicies.enabled=true')
    const [role] = roles(objects).filter(({ metadata }) => metadata.name.endsWith('-agent-networks'))
    const settings = objects.find(({ metadata }) => metadata.name.endsWith('-settings'))
    const { agentNetworkPolicies } = parseSettings(String(Object(settings?.['data'])['settings.json']), 'settings')
    assert.equal(agentNetworkPolicies, role?.metadata.name)
    assert.match(JSON.stringify(role), /"networkpolicies"/)
    assert.doesNotMatch(JSON.stringify(roles(await render())), /networkpolicies/)
  })

  test('without cert-manager nothing is asked of it', async () => {
    assert.doesNotMatch(JSON.stringify(await render()), /cert-manager|sallyport-webhooks/)
  })

  test('the operator takes the settings that come of any values', async () => {
    for (const sets of Object.values(VALUES)) {
      const settings = (await render(...sets)).find(({ metadata }) => metadata.name.endsWith('-settings'))
      assert.ok(parseSettings(String(Object(settings?.['data'])['settings.json']), 'settings'))
    }
  })

  const BAD: Readonly<Record<string, readonly [set: string, about: RegExp]>> = {
    'a value that is not there': ['operator.replica=3', /replica/],
    'no such mode': ['mode="sidecar"', /mode/],
    'a namespace that cannot be one': ['ownerNamespaces=["Data"]', /ownerNamespaces/],
    'a namespace twice': ['ownerNamespaces=["data","data"]', /ownerNamespaces/],
    'no image': ['images.sidecar=""', /sidecar/],
    'a pull policy in the wrong case': ['images.pullPolicy="never"', /pullPolicy/],
    'fewer replicas than none': ['operator.replicas=-1', /replicas/],
    'a certificate that is none': ['trust.extraCAs=["/etc/ssl/ca.pem"]', /extraCAs/],
    'an issuer with something else': ['webhooks.certManager.issuerRef={"names":"x"}', /issuerRef/],
    'a relative path': ['trust.files=["db.crt"]', /files/],
    'too little room for recordings': ['sidecar.stateMebibytes=1', /stateMebibytes/],
    'no time at all': ['staleAfterSeconds=0', /staleAfterSeconds/],
    'a namespace for tests that cannot be one': ['tests.namespace="a_b"', /tests/],
  }
  for (const [sentence, [set, about]] of Object.entries(BAD)) {
    test(`${sentence} is refused`, async () => {
      await assert.rejects(render(set), ({ stderr }: { readonly stderr: string }) => {
        assert.match(stderr, /values don't meet the specifications of the schema/)
        assert.match(stderr, about)
        return true
      })
    })
  }

  test('a cluster before 1.30 is refused', async () => {
    const template = helm('template', 'gate', CHART, '--kube-version', '1.29.0')
    await assert.rejects(template, /requires kubeVersion/)
  })

  test('the notes name the next three commands, for the namespaces that are given', async () => {
    for (const [set, owner] of [
      ['ownerNamespaces=[]', 'data'],
      ['ownerNamespaces=["orders"]', 'orders'],
    ] as const) {
      const told = await notes(set)
      assert.match(told, new RegExp(`kubectl label namespace ${owner} sallyport\\.dev/owner=true`))
      assert.match(told, /kubectl label namespace agents pod-security\.kubernetes\.io\/enforce=privileged/)
      assert.match(told, /kubectl apply -f connection\.yaml -f policy\.yaml/)
    }
  })
})

const LABELS = {
  'app.kubernetes.io/name': 'sallyport',
  'app.kubernetes.io/instance': 'gate',
  'app.kubernetes.io/managed-by': 'Helm',
  'app.kubernetes.io/part-of': 'sallyport',
}

function labelsOf(labels: Rendered['metadata']['labels'] = {}): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(Object.keys(LABELS).map((name) => [name, labels[name]]))
}

function nameOf({ kind, metadata: { namespace = '', name } }: Rendered): string {
  return `${kind} ${namespace}/${name}`
}
