// What admission asks for in tests: an installation, a cluster with two namespaces, and requests.
import type { JsonObject } from '../inject/json.ts'
import { mutatePod } from '../inject/mutate.ts'
import type { Pod } from '../inject/pod.ts'
import { renderingOf } from '../inject/seal.ts'
import { FACTS, GATEWAY_UID, INJECTION, SETTINGS } from '../inject/testdata.ts'
import type { AdmissionServices } from './cluster.ts'
import type { AdmissionRequest } from './request.ts'
import type { PodContext } from './rule.ts'

export const CONTEXT: PodContext = {
  namespace: FACTS.namespace,
  injection: INJECTION,
  renderings: new Set([renderingOf(SETTINGS)]),
  allowances: {
    storageClasses: ['local-ssd'],
    runtimeClasses: ['runc'],
    tokenAudiences: ['vault'],
    devices: ['example.com/gpu'],
    ephemeralContainers: 'Deny',
  },
  claims: new Map([
    ['data', 'local-ssd'],
    ['shared', 'nfs'],
  ]),
}

export const NAMESPACES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  agents: {},
  strict: { 'sallyport.dev/enforcement': 'required' },
  data: { 'sallyport.dev/owner': 'true' },
}

export const SERVICES: AdmissionServices = {
  injection: () => INJECTION,
  renderings: () => CONTEXT.renderings,
  allowances: () => CONTEXT.allowances,
  drawGatewayUid: () => GATEWAY_UID,
  authorize: async ({ user }) => user.groups?.includes('platform') === true,
  resourceFaults: () => [],
  cluster: {
    namespaceLabels: async (namespace) => NAMESPACES[namespace],
    storageClass: async (_namespace, claim) => CONTEXT.claims.get(claim),
    secretType: async (_namespace, name) =>
      ({ 'orders-db-gateway': 'sallyport.dev/credentials', tls: 'kubernetes.io/tls' })[name],
    trustFiles: () => [],
    connections: () => [
      { key: 'data/orders-db', hosts: ['orders-db.data.svc', '*.orders.data.svc', 'db.example.com'] },
    ],
  },
}

export function inject(pod: Pod): Pod {
  return mutatePod(pod, FACTS, INJECTION)
}

export function podRequest(object: unknown, more: Partial<AdmissionRequest> = {}): AdmissionRequest {
  return {
    uid: 'b7d1',
    operation: 'CREATE',
    namespace: FACTS.namespace,
    resource: { group: '', version: 'v1', resource: 'pods' },
    kind: { group: '', version: 'v1', kind: 'Pod' },
    userInfo: { username: 'anna', groups: ['tenants'] },
    object,
    ...more,
  }
}

export function review(request: AdmissionRequest): JsonObject {
  return { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request }
}
