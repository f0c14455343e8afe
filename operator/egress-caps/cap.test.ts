// The egress rules of a namespace, as lines: where to, and on which ports.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { changesOf, newJudgement } from '../judgement/testing/cluster.ts'
import { capSpec, type EgressRule, egressOf } from './cap.ts'

const CLUSTER = readFileSync(new URL('../judgement/testdata/cluster.yaml', import.meta.url), 'utf8')
const DNS = `
kind: Service
metadata: {name: kube-dns, namespace: kube-system}
spec: {clusterIP: 10.96.0.10, clusterIPs: [10.96.0.10]}
`
const SETTINGS = {
  operator: { namespace: 'sallyport', address: '10.96.7.7', port: 8443 },
  nameServers: ['10.96.0.10'],
}
/** What every namespace with agents has. */
const ALWAYS = ['kube-system 10.96.0.10/32: UDP 53, TCP 53', 'sallyport 10.96.7.7/32: TCP 8443']

const grant = (hosts: string, ports: string): string =>
  `kind: EndpointGrant\nmetadata: {name: g}\nspec: {hosts: [${hosts}], ports: [${ports}], protocols: [PostgreSQL], namespaces: [data]}\n`
const connection = (endpoints: string): string =>
  `kind: Connection\nmetadata: {name: db, namespace: data, labels: {tier: gold}}\nspec: {protocol: PostgreSQL, endpoints: [${endpoints}], tls: {mode: Require}, credentials: {secretRef: {name: login}}}\n`

const CASES: Readonly<Record<string, readonly [documents: string, ...lines: string[]]>> = {
  'the namespace of a Service': ['', 'data'],
  'where the gateway connects to instead, not where agents dial': [
    [
      grant('"192.0.2.*"', '5433'),
      connection('{host: db.data.svc, port: 5432, upstream: {host: 192.0.2.7, port: 5433}}'),
    ].join('---\n'),
    '192.0.2.7/32: TCP 5433',
  ],
  'the namespace of a ClusterIP’s Service': [connection('{host: 10.96.0.5, port: 5432}'), 'data'],
  'the port of a host outside': [
    [grant('db.example.com', '5432'), connection('{host: db.example.com, port: 5432}')].join('---\n'),
    '0.0.0.0/0 ::/0: TCP 5432',
  ],
  'an address of IPv6': [
    [grant('"2001:db8::*"', '5432'), connection('{host: "2001:db8::7", port: 5432}')].join('---\n'),
    '2001:db8::7/128: TCP 5432',
  ],
  'nothing of a Connection whose host is another one’s': [connection('{host: db.other.svc, port: 5432}')],
  'the issuer of tokens that a policy asks for': [
    `kind: IdentityProvider
metadata: {name: corp}
spec: {issuer: "https://login.example.com:8443/a", audiences: [sallyport]}
---
kind: AccessPolicy
metadata: {name: readers, namespace: data}
spec: {agents: {namespaces: [agents], identity: {provider: corp}}, connections: [db], rules: [], masking: [], limits: []}
`,
    'data',
    '0.0.0.0/0 ::/0: TCP 8443',
  ],
  'nothing but that where no policy opens anything': [
    'kind: AccessPolicy\nmetadata: {name: readers, namespace: data}\ngone: true\n',
  ],
}

describe('pods with a gateway may go to the operator, to name servers, and to', () => {
  for (const [title, [documents, ...lines]] of Object.entries(CASES))
    test(title, () => {
      const judgement = newJudgement()
      judgement.apply(changesOf([CLUSTER, DNS].join('---\n')))
      judgement.apply(changesOf(documents))
      const egress = egressOf('agents', judgement, SETTINGS)
      assert.deepEqual(egress?.map(lineOf).sort(), [...ALWAYS, ...lines].sort())
      assert.equal(egressOf('data', judgement, SETTINGS), undefined, 'a namespace without agents needs none')
    })
})

test('what is allowed is for pods with a gateway alone, and only egress is spoken about', () => {
  assert.deepEqual(capSpec([]), {
    podSelector: { matchExpressions: [{ key: 'sallyport.dev/injected', operator: 'Exists' }] },
    policyTypes: ['Egress'],
    egress: [],
  })
})

function lineOf({ to, ports = [] }: EgressRule): string {
  const places = to
    .map((peer) => Object(peer))
    .map(({ ipBlock, namespaceSelector }) => {
      return ipBlock?.cidr ?? namespaceSelector.matchLabels['kubernetes.io/metadata.name']
    })
  const where = places.join(' ')
  return ports.length === 0 ? where : `${where}: ${ports.map(({ protocol, port }) => `${protocol} ${port}`).join(', ')}`
}
