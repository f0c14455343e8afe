import assert from 'node:assert/strict'
import { test } from 'node:test'
import { examine } from './examine.ts'
import type { Facts, Trial } from './facts.ts'

const NODE = {
  name: 'one',
  system: 'linux',
  kernel: '6.1.0-18-amd64',
  kubelet: 'v1.34.4',
  runtime: 'containerd://1.7.24',
}
const RELEASE = { namespace: 'sallyport', name: 'sallyport', serviceAccount: 'sallyport', replicas: 2, ready: 2 }
const DATA = { name: 'data', labels: { 'sallyport.dev/owner': 'true' }, annotations: {} }
const AGENTS = {
  name: 'agents',
  labels: { 'pod-security.kubernetes.io/enforce': 'privileged', 'sallyport.dev/enforcement': 'required' },
  annotations: {},
}
const POD = { namespace: 'agents', name: 'a', asks: true, injected: true }

const WELL: Facts = {
  version: { known: 'v1.30.2+k3s1' },
  nodes: { known: [NODE] },
  runtimeClasses: { known: [{ name: 'runc', handler: 'runc' }] },
  releases: { known: [RELEASE] },
  settings: { known: { ownerNamespaces: ['data'], nameServers: [] } },
  definitions: { known: [{ kind: 'Connection', state: 'current' }] },
  admissionPolicies: { known: ['sallyport-pods'] },
  rights: { known: { who: 'the operator', missing: [] } },
  namespaces: { known: [DATA, AGENTS] },
  services: { known: [{ namespace: 'kube-system', name: 'kube-dns', addresses: ['10.96.0.10', 'fd00::a'] }] },
  templates: { known: [{ namespace: 'agents', kind: 'Deployment', name: 'analyst' }] },
  pods: { known: [POD] },
  trial: { known: { namespace: 'agents', outcome: 'injected' } },
}

test('where all is well every line says ok', () => {
  const findings = examine(WELL)
  assert.deepEqual([...new Set(findings.map(({ result }) => result))], ['ok'])
  assert.deepEqual(
    findings.filter(({ remedy }) => remedy !== undefined),
    [],
  )
  assert.ok(findings.length >= 13)
})

const refused = (reason: string): { readonly trial: { readonly known: Trial } } => ({
  trial: { known: { namespace: 'agents', outcome: { refused: reason } } },
})

/** What differs → the check that says so, how, and with which words. */
const ILL: Readonly<Record<string, readonly [Partial<Facts>, check: string, result: 'ok' | 'warn' | 'fail', RegExp]>> =
  {
    'an API server before 1.30': [{ version: { known: 'v1.29.9' } }, 'version', 'fail', /upgrade the cluster to 1\.30/],
    'a version that is not told': [{ version: { unknown: 'no answer' } }, 'version', 'warn', /no answer/],
    'a kubelet without native sidecars': [
      { nodes: { known: [NODE, { ...NODE, name: 'old', kubelet: 'v1.28.3' }] } },
      'nodes',
      'fail',
      /node old: kubelet v1\.28\.3/,
    ],
    'a kernel that is too old': [
      { nodes: { known: [{ ...NODE, kernel: '4.18.0-553.el8' }] } },
      'nodes',
      'fail',
      /4\.18.*packet filter/,
    ],
    'a containerd whose seccomp profile leaves a way to the hypervisor': [
      { nodes: { known: [NODE, { ...NODE, name: 'old', runtime: 'containerd://1.6.20~ds1' }] } },
      'nodes',
      'warn',
      /node old: the RuntimeDefault seccomp profile of containerd 1\.6\.20~ds1 .*AF_VSOCK.*1\.7 or newer, or.*Localhost/,
    ],
    'a runtime that is none of containerd’s': [
      { nodes: { known: [{ ...NODE, runtime: 'cri-o://1.30.1' }] } },
      'nodes',
      'ok',
      /1 Linux nodes can run agents/,
    ],
    'a containerd of a later major version': [
      { nodes: { known: [{ ...NODE, runtime: 'containerd://2.0.0' }] } },
      'nodes',
      'ok',
      /1 Linux nodes can run agents/,
    ],
    'a node that runs Windows': [
      { nodes: { known: [NODE, { ...NODE, name: 'w', system: 'windows' }] } },
      'nodes',
      'warn',
      /node w does not run Linux.*nodeSelector/,
    ],
    'no node that runs Linux': [
      { nodes: { known: [{ ...NODE, system: 'windows' }] } },
      'nodes',
      'fail',
      /no node runs/,
    ],
    gVisor: [
      { runtimeClasses: { known: [{ name: 'sandboxed', handler: 'runsc' }] } },
      'runtimes',
      'warn',
      /sandboxed is gVisor/,
    ],
    'an API server at IPv6 only': [
      { services: { known: [{ namespace: 'default', name: 'kubernetes', addresses: ['fd00::1'] }] } },
      'ipv6',
      'fail',
      /IPv6 alone/,
    ],
    'an operator at IPv6 only': [
      { services: { known: [{ namespace: 'sallyport', name: 'sallyport', addresses: ['fd00::1'] }] } },
      'ipv6',
      'fail',
      /sallyport\/sallyport/,
    ],
    'another Service at IPv6 only': [
      { services: { known: [{ namespace: 'data', name: 'db', addresses: ['fd00::1'] }] } },
      'ipv6',
      'warn',
      /PreferDualStack/,
    ],
    'a headless Service is no Service of IPv6': [
      { services: { known: [{ namespace: 'data', name: 'db', addresses: [] }] } },
      'ipv6',
      'ok',
      /IPv4/,
    ],
    'nothing installed': [{ releases: { known: [] } }, 'release', 'fail', /helm install/],
    'two releases': [
      { releases: { known: [RELEASE, { ...RELEASE, namespace: 'b' }] } },
      'release',
      'fail',
      /sallyport\/sallyport and release b\/sallyport/,
    ],
    'no replica ready': [{ releases: { known: [{ ...RELEASE, ready: 0 }] } }, 'release', 'fail', /none of 2 replicas/],
    'a replica missing': [{ releases: { known: [{ ...RELEASE, ready: 1 }] } }, 'release', 'warn', /1 of 2/],
    'one replica wanted': [
      { releases: { known: [{ ...RELEASE, replicas: 1, ready: 1 }] } },
      'release',
      'warn',
      /operator\.replicas=2/,
    ],
    'a definition missing': [
      { definitions: { known: [{ kind: 'Connection', state: 'missing' }] } },
      'crds',
      'fail',
      /Connection is missing/,
    ],
    'a definition of another version': [
      { definitions: { known: [{ kind: 'Connection', state: 'another version' }] } },
      'crds',
      'warn',
      /helm upgrade/,
    ],
    'a right that the operator lacks': [
      { rights: { known: { who: 'the operator', missing: ['list secrets in namespace data'] } } },
      'rights',
      'fail',
      /the operator may not list secrets in namespace data/,
    ],
    'webhooks that are not reached': [
      refused(
        'create pods: 500 InternalError: failed calling webhook "inject.sallyport.dev": context deadline exceeded',
      ),
      'webhooks',
      'fail',
      /port 9443/,
    ],
    'webhooks that are not trusted': [
      refused('failed calling webhook "inject.sallyport.dev": tls: x509: certificate signed by unknown authority'),
      'webhooks',
      'fail',
      /writes its authority/,
    ],
    'webhooks that refuse the pod': [
      refused('admission webhook "pods.sallyport.dev" denied the request: because'),
      'webhooks',
      'warn',
      /they answer.*denied the request/,
    ],
    'a pod that Pod Security refuses was changed by the webhooks': [
      refused('403 Forbidden: pods "x" is forbidden: violates PodSecurity "restricted:latest"'),
      'webhooks',
      'ok',
      /reaches them/,
    ],
    'a pod that comes back as it was': [
      { trial: { known: { namespace: 'agents', outcome: 'not injected' } } },
      'webhooks',
      'fail',
      /without the gateway/,
    ],
    'a pod that may not be tried': [{ trial: { unknown: 'you may not' } }, 'webhooks', 'warn', /you may not/],
    'no admission policy': [{ admissionPolicies: { known: [] } }, 'policies', 'fail', /sallyport-pods/],
    'a name server that is a name': [
      { settings: { known: { ownerNamespaces: ['data'], nameServers: ['dns.example'] } } },
      'dns',
      'fail',
      /dns\.example is no address/,
    ],
    'no DNS': [{ services: { known: [] } }, 'dns', 'warn', /value nameServers/],
    'an owner whose Secrets nobody may read': [
      { settings: { known: { ownerNamespaces: [], nameServers: [] } } },
      'owners',
      'fail',
      /--set ownerNamespaces='\{data\}'/,
    ],
    'an owner without the label': [
      { namespaces: { known: [{ ...DATA, labels: {} }, AGENTS] } },
      'owners',
      'fail',
      /kubectl label namespace data sallyport\.dev\/owner=true/,
    ],
    'an owner that does not exist': [
      { namespaces: { known: [AGENTS] } },
      'owners',
      'fail',
      /there is no namespace data/,
    ],
    'an owner that requires the gateway': [
      { namespaces: { known: [{ ...DATA, labels: { ...DATA.labels, 'sallyport.dev/enforcement': 'required' } }] } },
      'owners',
      'fail',
      /open targets to themselves/,
    ],
    'agents at Pod Security level restricted': [
      { namespaces: { known: [DATA, { ...AGENTS, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } }] } },
      'podSecurity',
      'fail',
      /kubectl label namespace agents --overwrite/,
    ],
    'agents at level privileged beside pods that may be anything': [
      { namespaces: { known: [DATA, { ...AGENTS, labels: { 'pod-security.kubernetes.io/enforce': 'privileged' } }] } },
      'podSecurity',
      'warn',
      /kubectl label namespace agents sallyport\.dev\/enforcement=required/,
    ],
    'no agents': [
      { namespaces: { known: [DATA] }, templates: { known: [] }, pods: { known: [] } },
      'podSecurity',
      'warn',
      /no namespace has an annotated/,
    ],
    'agents in Istio’s mesh': [
      { namespaces: { known: [DATA, { ...AGENTS, labels: { 'istio-injection': 'enabled' } }] } },
      'meshes',
      'warn',
      /Istio’s mesh/,
    ],
    'agents in an ambient mesh': [
      { namespaces: { known: [DATA, { ...AGENTS, labels: { 'istio.io/dataplane-mode': 'ambient' } }] } },
      'meshes',
      'warn',
      /ambient/,
    ],
    'agents in Linkerd’s mesh': [
      { namespaces: { known: [DATA, { ...AGENTS, annotations: { 'linkerd.io/inject': 'enabled' } }] } },
      'meshes',
      'warn',
      /Linkerd/,
    ],
    'a mesh that has other namespaces': [
      {
        namespaces: {
          known: [DATA, AGENTS, { name: 'web', labels: { 'istio-injection': 'enabled' }, annotations: {} }],
        },
      },
      'meshes',
      'ok',
      /no namespace/,
    ],
    'a pod from before the installation': [
      { pods: { known: [{ ...POD, injected: false }] } },
      'pods',
      'fail',
      /kubectl delete pod -n agents a/,
    ],
    'a pod that asks where none is given': [
      { pods: { known: [{ ...POD, namespace: 'kube-system', injected: false }] } },
      'pods',
      'fail',
      /move it/,
    ],
  }
for (const [sentence, [facts, check, result, words]] of Object.entries(ILL)) {
  test(`${sentence}: ${check} says ${result}`, () => {
    const found = examine({ ...WELL, ...facts }).filter((finding) => finding.check === check)
    const [finding] = found.filter((each) => each.result === result)
    assert.ok(finding, JSON.stringify(found))
    assert.match(`${finding.what} → ${finding.remedy ?? ''}`, words)
    assert.equal(finding.result === 'ok', finding.remedy === undefined)
  })
}
