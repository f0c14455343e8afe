// What agents can knock at and nobody is offered to open.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { CONNECTIONS, NAMESPACES, SERVICES } from '#operator/resources.ts'
import { EVENTS, observe, SERVED, type Stage, type Tried } from './testing/cluster.ts'

describe('is never proposed', () => {
  const LEFT: Readonly<Record<string, readonly [place: Tried, why: RegExp, stage?: Omit<Stage, 'tried'>]>> = {
    'the pod itself': [{ host: '127.0.0.1', port: 8080 }, /the pod itself/],
    'the gateway’s own range': [{ host: '127.77.0.9', port: 5432 }, /the pod itself/],
    'the pod itself, of IPv6': [{ host: '::1', port: 8080 }, /the pod itself/],
    'the pod itself, of IPv4 in IPv6': [{ host: '::ffff:127.0.0.1', port: 8080 }, /the pod itself/],
    'the pod itself, spelled otherwise': [{ host: '0x7f.1' }, /the pod itself/],
    'the pod itself, by its name': [{ host: 'localhost' }, /the pod itself/],
    'an address of the link': [{ host: 'fe80::1', port: 80 }, /the link only/],
    'a metadata service elsewhere': [{ host: 'fd00:ec2::254', port: 80 }, /metadata services/],
    'a metadata service by its name': [{ host: 'metadata.google.internal' }, /metadata services/],
    'the API server at its real address': [
      { host: '172.18.0.2', port: 6443 },
      /the API server/,
      { behind: { 'kubernetes.default': ['172.18.0.2', 6443] } },
    ],
    'the API server, though an owner’s Service claims its address': [
      { host: '172.18.0.2', port: 6443 },
      /the API server/,
      {
        services: { 'mine.data': ['10.96.7.7', 6443] },
        behind: { 'mine.data': ['172.18.0.2', 6443], 'kubernetes.default': ['172.18.0.2', 6443] },
      },
    ],
    'the API server by its long name': [{ host: 'kubernetes.default.svc.cluster.local' }, /the API server/],
    'the API server by its short name': [{ host: 'kubernetes.default' }, /the API server/],
    'a kubelet': [{ host: '172.18.0.3', port: 10250 }, /a node/, { nodes: ['172.18.0.2', '172.18.0.3'] }],
    'a node by its name': [{ host: 'node-0' }, /a node/, { nodes: ['172.18.0.2'] }],
    'the operator’s Service': [
      { host: '10.96.3.3', port: 8443 },
      /the operator/,
      { services: { 'sallyport.gate': ['10.96.3.3', 8443] }, ours: ['sallyport.gate'] },
    ],
    'a pod of the operator': [
      { host: '10.244.0.4', port: 8443 },
      /the operator/,
      {
        services: { 'sallyport.gate': ['10.96.3.3', 8443] },
        ours: ['sallyport.gate'],
        pods: { 'sallyport-1.gate': '10.244.0.4' },
      },
    ],
    'the operator where Services cannot be read': [
      { host: 'sallyport.sallyport.svc', port: 8443 },
      /the operator/,
      { served: SERVED.filter((resource) => resource !== SERVICES) },
    ],
    'what stands behind a Service of kube-system': [
      { host: '10.244.0.2', port: 9153 },
      /part of the cluster/,
      { behind: { 'kube-dns.kube-system': ['10.244.0.2', 9153] } },
    ],
    'the agent’s own pod': [
      { host: '10.244.0.9', port: 80 },
      /pod agents\/agent-1, behind no Service/,
      { pods: { 'agent-1.agents': '10.244.0.9' } },
    ],
    'a pod that is gone': [{ host: '10.244.0.9', port: 80 }, /range of the cluster’s pods/, { nodes: ['172.18.0.2'] }],
    'a pod behind a Service whose namespace owns nothing': [
      { host: '10.244.0.9', port: 80 },
      /Service team\/web, whose namespace owns no targets/,
      { services: { 'web.team': ['10.96.7.9', 80] }, behind: { 'web.team': ['10.244.0.9', 80] } },
    ],
    'a port of a pod that its Service does not offer': [
      { host: '10.244.0.9', port: 22 },
      /does not offer this port/,
      { services: { 'web.data': ['10.96.7.9', 80] }, behind: { 'web.data': ['10.244.0.9', 80] } },
    ],
    'a private address where the cluster cannot be asked': [
      { host: '10.244.0.9', port: 5432 },
      /a private address: whether .* could not be asked/,
      { served: [EVENTS, NAMESPACES, CONNECTIONS, SERVICES] },
    ],
  }
  for (const [sentence, [place, why, stage]] of Object.entries(LEFT)) {
    test(sentence, async () => {
      const { out } = await observe({ ...stage, tried: [place] })
      assert.match(out, /^# Not proposed: .*\n$/)
      assert.match(out, why)
    })
  }
})
