import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { ApiError } from '#operator/kube/api-error.ts'
import { CONNECTIONS, NAMESPACES, SERVICES } from '#operator/resources.ts'
import { PROTOCOLS } from '#sidecar/protocols/registry.ts'
import { run as runCheck } from '../check/run.ts'
import { isAbsent } from './gather.ts'
import { EVENTS, observe, type Stage } from './testing/cluster.ts'

async function check(manifests: string): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'sallyport-observe-'))
  let said = ''
  const sink = { write: (text: string) => (said += text) }
  writeFileSync(join(directory, 'observed.yaml'), manifests)
  await runCheck([directory], { stdout: sink, stderr: sink }, PROTOCOLS)
  rmSync(directory, { recursive: true })
  return said
}

const SERVICE_STAGE: Stage = {
  tried: [
    { host: 'orders-db.data.svc', times: 7 },
    { host: '10.96.7.7', port: 5432, pod: 'agent-2' },
    { host: 'cache.data.svc' },
    { host: 'api.models.example.com', times: 3 },
    { host: 'api.models.example.com', pod: 'agent-2' },
    { host: '2001:db8::1', port: 6379 },
    { host: '192.0.2.9', port: 22 },
    { host: '192.0.2.9', port: 443 },
  ],
  services: { 'orders-db.data': ['10.96.7.7', 5432], 'cache.data': ['10.96.7.8', 6379] },
}

test('the manifests are valid as they are, and open everything once the policies are no longer comments', async () => {
  const { code, out } = await observe(SERVICE_STAGE)
  assert.equal(code, 0)
  assert.match(await check(out), /^(.*warning: metadata\.name: no policy selects this Connection.*\n)+0 errors/)
  const opened = openedBy(out)
  assert.notEqual(opened, out)
  assert.match(await check(opened), /^0 errors, 0 warnings in 1 file; \d+ valid resources\n$/)
})

function openedBy(out: string): string {
  return out.replace(/(?<=# Take the first .*\n)(?:# .*\n)+/g, (manifest) => manifest.replace(/^# /gm, ''))
}

test('of many places a policy has as many as it may', async () => {
  const tried = Array.from({ length: 120 }, (_, index) => ({ host: `h${index}.example.com`, port: 443 }))
  const { out } = await observe({ tried })
  assert.deepEqual(out.match(/name: observed-agents[-\d]*/g), [
    'name: observed-agents',
    'name: observed-agents-2',
    'name: observed-agents-3',
  ])
  assert.match(await check(openedBy(out)), /^0 errors, 0 warnings/)
})

test('the table counts over pods, most often first', async () => {
  const { err } = await observe({
    tried: [
      { host: 'a.example.com', port: 443 },
      { host: 'b.example.com', port: 443, times: 4 },
      { host: 'a.example.com', port: 443, pod: 'agent-2' },
    ],
  })
  assert.equal(
    err,
    'REFUSED            TIMES  PODS\nb.example.com:443  4      agent-1\na.example.com:443  2      agent-1, agent-2\n',
  )
})

const FOUND: Readonly<Record<string, readonly [stage: Stage, ...expected: (RegExp | { readonly not: RegExp })[]]>> = {
  'the ClusterIP of a Service is the Service': [
    SERVICE_STAGE,
    /- \{host: orders-db\.data\.svc, port: 5432\}/,
    /Dialled by its address, 10\.96\.7\.7/,
    { not: /host: "?10\.96\.7\.7/ },
  ],
  'a name that was only looked up gets the port of its Service, marked as a guess': [
    SERVICE_STAGE,
    /Port 6379 is a guess.*\n(#.*\n)*.*\n.*\n.*name: cache, namespace: data/,
  ],
  'a name outside gets 443, marked as a guess': [
    SERVICE_STAGE,
    /Port 443 is a guess/,
    /host: api\.models\.example\.com, port: 443/,
  ],
  'only hosts outside the cluster need a grant': [
    SERVICE_STAGE,
    /^# kind: EndpointGrant\n# metadata: \{name: data-api-models-example-com\}/m,
    { not: /^kind: EndpointGrant/m },
    { not: /hosts: \[orders-db/ },
  ],
  'port 5432 is PostgreSQL with a credential of its own': [SERVICE_STAGE, /protocol: PostgreSQL/, /kind: Secret/],
  'a port of a protocol in which the server speaks first is not waited on for a hello': [
    { tried: [{ host: '192.0.2.9', port: 22 }] },
    /settings: \{tls: None\}/,
  ],
  'a port that begins with TLS keeps the default': [{ tried: [{ host: '192.0.2.9', port: 443 }] }, { not: /settings/ }],
  'an owner that nobody labelled yet is said': [
    { tried: [{ host: 'db.team.svc', port: 5432 }] },
    /kubectl label namespace team sallyport\.dev\/owner=true/,
  ],
  'the metadata service of a cloud is not proposed': [
    { tried: [{ host: '169.254.169.254', port: 80 }] },
    /# Not proposed: "169\.254\.169\.254:80"/,
    { not: /kind:/ },
  ],
  'the API server is not proposed': [
    { tried: [{ host: '10.96.0.1', port: 443 }], services: { 'kubernetes.default': ['10.96.0.1', 443] } },
    /# Not proposed: "kubernetes\.default\.svc:443"/,
    { not: /kind:/ },
  ],
  'what belongs to the cluster itself is not proposed': [
    { tried: [{ host: 'kube-dns.kube-system.svc', port: 9153 }] },
    /# Not proposed: "kube-dns\.kube-system\.svc:9153"/,
    { not: /kind:/ },
  ],
  'a pod behind a Service of an owner is the Service, at the Service’s port': [
    {
      tried: [{ host: '10.244.1.7', port: 15432 }],
      services: { 'orders-db.data': ['10.96.7.7', 5432] },
      behind: { 'orders-db.data': ['10.244.1.7', 15432] },
    },
    /Dialled at a pod of it, 10\.244\.1\.7/,
    /- \{host: orders-db\.data\.svc, port: 5432\}/,
    { not: /EndpointGrant/ },
  ],
  'a pod behind a Service without an address of its own is reached at the port that was dialled': [
    {
      tried: [{ host: '10.244.1.7', port: 15432 }],
      services: { 'orders-db.data': ['None', 5432] },
      behind: { 'orders-db.data': ['10.244.1.7', 15432] },
    },
    /- \{host: orders-db\.data\.svc, port: 15432\}/,
  ],
  'a pod behind a Service that has a Connection needs a policy only, and the agent the name': [
    {
      tried: [{ host: '10.244.1.7', port: 5432 }],
      services: { 'orders-db.data': ['10.96.7.7', 5432] },
      behind: { 'orders-db.data': ['10.244.1.7', 5432] },
      connections: { 'orders.data': 'orders-db.data.svc' },
    },
    /orders-db\.data\.svc:5432 is an endpoint of Connection data\/orders/,
    /# Dialled at a pod of it, 10\.244\.1\.7/,
    { not: /^[^#]/m },
  ],
  'a public address may be proposed where the cluster cannot be asked, with the doubt': [
    { tried: [{ host: '192.0.2.9', port: 443 }], served: [EVENTS, NAMESPACES, CONNECTIONS, SERVICES] },
    /Whether it is the cluster’s own \(a node, the API server\) could not be asked/,
    /host: "192\.0\.2\.9"/,
  ],
  'a private address that nobody in the cluster has is a host outside': [
    { tried: [{ host: '10.1.2.3', port: 443 }], nodes: ['172.18.0.2'] },
    /host: "10\.1\.2\.3"/,
    { not: /could not be asked|Not proposed/ },
  ],
  'what is not proposed is listed up to a bound, whatever agents try': [
    { tried: Array.from({ length: 60 }, (_, index) => ({ host: `127.0.0.${index + 1}`, port: 80 })) },
    /^(# Not proposed: "127.*\n){50}# Not proposed: 10 more; the table has them\.\n$/,
  ],
  'what is no host stays in its comment': [
    { tried: [{ host: '"}]\u2028kind:Secret' }, { host: 'A_b.example.com' }] },
    { not: /^(?!#)/m },
  ],
  'an underscore outside the cluster cannot be granted': [{ tried: [{ host: 'a_b.example.com' }] }, { not: /kind:/ }],
  'what is longer ago is not there': [
    { tried: [{ host: 'old.example.com', at: '2030-01-01T10:00:00Z' }, { host: 'new.example.com' }] },
    /new\.example\.com/,
    { not: /old\.example\.com/ },
  ],
  'words that YAML takes for something else are quoted': [{ tried: [{ host: 'true', port: 80 }] }, /name: "true"/],
  'what a Connection covers already needs a policy only': [
    { tried: [{ host: 'orders-db.data.svc' }], connections: { 'orders.data': 'orders-db.data.svc' } },
    /orders-db\.data\.svc:5432 is an endpoint of Connection data\/orders; no policy opens it/,
    /connections: \[orders\]/,
    { not: /^kind:/m },
  ],
  'two endpoints of a Connection are one rule': [
    {
      tried: [
        { host: 'cache.data.svc', port: 6379 },
        { host: 'cache.data.svc', port: 16379 },
      ],
      connections: { 'cache.data': 'cache.data.svc' },
    },
    /names: \["cache\.data\.svc:6379", "cache\.data\.svc:16379"\]/,
    /connections: \[cache\]/,
  ],
  'a name that a Connection has for another place is not taken': [
    { tried: [{ host: 'orders.data.svc', port: 6379 }], connections: { 'orders.data': 'orders-db.data.svc' } },
    /name: orders-6379, namespace: data/,
  ],
  'two ports of one host have two names': [
    {
      tried: [
        { host: 'a.example.com', port: 443 },
        { host: 'a.example.com', port: 8443 },
      ],
    },
    /name: a-example-com,/,
    /name: a-example-com-8443,/,
  ],
}
for (const [sentence, [stage, ...expected]] of Object.entries(FOUND)) {
  test(sentence, async () => {
    const { out } = await observe(stage)
    for (const one of expected) {
      if (one instanceof RegExp) assert.match(out, one)
      else assert.doesNotMatch(out.trimEnd(), one.not)
    }
  })
}

describe('says what to do', () => {
  const OUTSIDE = { tried: [{ host: 'a.example.com' }] }
  const SAID: Readonly<Record<string, readonly [stage: Stage, options: string[], err: RegExp, code: number]>> = {
    'where nothing was refused': [{ tried: [] }, [], /was refused anything.*\n.*kubectl get pods -n agents/, 1],
    'where there is no such namespace': [
      { tried: [], absent: true },
      [],
      /^sallyport observe: there is no namespace agents\n$/,
      1,
    ],
    'where nobody owns targets': [{ ...OUTSIDE, owners: [] }, [], /kubectl label namespace NAME/, 1],
    'where several do': [{ ...OUTSIDE, owners: ['a', 'b'] }, [], /a, b all own targets: say with --owner/, 1],
    'and several do no harm once one is named': [{ ...OUTSIDE, owners: ['a', 'b'] }, ['--owner', 'b'], /^REFUSED/, 0],
    'where Events may not be read': [{ tried: [], served: [] }, [], /^sallyport observe: list events.*404/, 1],
    'where only Services may not be read': [
      { ...OUTSIDE, served: [EVENTS, NAMESPACES, CONNECTIONS] },
      [],
      /not everything could be looked at: list services/,
      0,
    ],
    'where a span of time is none': [OUTSIDE, ['--since', 'yesterday'], /--since 'yesterday' is not a span of time/, 2],
    'where there are two namespaces': [OUTSIDE, ['more'], /one namespace, please/, 2],
    'where a namespace cannot be one': [OUTSIDE, ['--owner', 'A_b'], /"A_b" is no name of a namespace/, 2],
  }
  for (const [sentence, [stage, options, err, code]] of Object.entries(SAID)) {
    test(sentence, async () => {
      const answer = await observe(stage, ...options)
      assert.match(answer.err, err)
      assert.equal(answer.code, code)
    })
  }

  test('and takes no namespace for absent that may not be read', async () => {
    const get = (): Promise<never> => Promise.reject(new ApiError('', { code: 403, reason: 'Forbidden' }))
    assert.equal(await isAbsent({ get }, 'agents'), false)
  })
})
