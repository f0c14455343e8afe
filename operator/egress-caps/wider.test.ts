import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parse } from 'yaml'
import { asObject, type KubeObject } from '../kube/object.ts'
import { selectsPod, widens } from './wider.ts'

const OURS = [
  { to: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'data' } } }] },
  { to: [{ ipBlock: { cidr: '192.0.2.7/32' } }], ports: [{ protocol: 'TCP' as const, port: 443 }] },
]

function policy(spec: string): KubeObject {
  const metadata = { name: 'theirs', namespace: 'agents', uid: 'u', resourceVersion: '1' }
  const object = asObject({ apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata, spec: parse(spec) })
  assert.ok(object)
  return object
}

describe('another policy', () => {
  const CASES: Readonly<Record<string, readonly [spec: string, widens: boolean]>> = {
    'that is about ingress is nobody’s business': ['{podSelector: {}, policyTypes: [Ingress], ingress: [{}]}', false],
    'that denies all egress widens nothing': ['{podSelector: {}, policyTypes: [Egress]}', false],
    'that allows all egress does': ['{podSelector: {}, policyTypes: [Egress], egress: [{}]}', true],
    'that names no types and has egress rules does': ['{podSelector: {}, egress: [{to: [{podSelector: {}}]}]}', true],
    'with one of our own rules does not': [
      '{podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: 443, protocol: TCP}], to: [{ipBlock: {cidr: 192.0.2.7/32}}]}]}',
      false,
    ],
    'with our place on another port does': [
      '{podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: 80, protocol: TCP}], to: [{ipBlock: {cidr: 192.0.2.7/32}}]}]}',
      true,
    ],
  }
  for (const [title, [spec, expected]] of Object.entries(CASES))
    test(title, () => assert.equal(widens(policy(spec), OURS), expected))
})

describe('pods are selected', () => {
  const labels = { app: 'analyst', 'sallyport.dev/injected': 'true' }
  const CASES: Readonly<Record<string, readonly [spec: string, selects: boolean]>> = {
    'by an empty selector': ['{podSelector: {}}', true],
    'by their labels': ['{podSelector: {matchLabels: {app: analyst}}}', true],
    'not by others’': ['{podSelector: {matchLabels: {app: web}}}', false],
    'not by one that leaves them out': [
      '{podSelector: {matchExpressions: [{key: sallyport.dev/injected, operator: DoesNotExist}]}}',
      false,
    ],
  }
  for (const [title, [spec, expected]] of Object.entries(CASES))
    test(title, () => assert.equal(selectsPod(policy(spec), labels), expected))
})
