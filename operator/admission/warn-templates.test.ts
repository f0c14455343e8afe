import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { JsonObject } from '../inject/json.ts'
import { podRequest, SERVICES } from './testdata.ts'
import { templateWarnings } from './warn-templates.ts'

const ASKS = { annotations: { 'sallyport.dev/inject': 'true' } }

function template(container: object = {}, spec: object = {}, metadata: object = ASKS): JsonObject {
  return { metadata, spec: { containers: [{ name: 'agent', image: 'agent:1', ...container }], ...spec } }
}

function deployment(of: JsonObject, more: object = {}): JsonObject {
  return { kind: 'Deployment', metadata: { name: 'analyst' }, spec: { template: of }, ...more }
}

async function warnings(object: unknown, namespace = 'agents'): Promise<readonly string[]> {
  return await templateWarnings(podRequest(object, { namespace }), SERVICES)
}

const judged: Readonly<Record<string, { object: unknown; namespace?: string; says: readonly (string | RegExp)[] }>> = {
  'a template that will do': { object: deployment(template()), says: [] },
  'a template that asks for nothing': { object: deployment(template({}, { hostNetwork: true }, {})), says: [] },
  'T39: what pods of it would be refused for': {
    object: deployment(template({ securityContext: { privileged: true } })),
    says: ['pods of it would be refused: spec.containers[0] (agent): securityContext.privileged: remove it'],
  },
  'T34: a template without the annotation, where it is required': {
    object: deployment(template({}, {}, {})),
    namespace: 'strict',
    says: [/^pods of it would be refused: namespace strict has .*set the annotation sallyport.dev\/inject: "true"/],
  },
  'a CronJob': {
    object: {
      kind: 'CronJob',
      metadata: {},
      spec: { jobTemplate: { spec: { template: template({}, { hostPID: true }) } } },
    },
    says: ['pods of it would be refused: spec.hostPID: remove it'],
  },
  'a StatefulSet with claims of a class that is listed': {
    object: {
      kind: 'StatefulSet',
      metadata: {},
      spec: {
        template: template(),
        volumeClaimTemplates: [{ metadata: { name: 'own' }, spec: { storageClassName: 'local-ssd' } }],
      },
    },
    says: [],
  },
  'a StatefulSet with claims of another class': {
    object: {
      kind: 'StatefulSet',
      metadata: {},
      spec: {
        template: template(),
        volumeClaimTemplates: [{ metadata: { name: 'own' }, spec: { storageClassName: 'nfs' } }],
      },
    },
    says: [/its storage class is 'nfs'/],
  },
  'a claim that may come with the same apply': {
    object: deployment(template({}, { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'later' } }] })),
    says: [],
  },
  'a ReplicaSet that a Deployment made': {
    object: deployment(template({}, { hostPID: true }), { metadata: { ownerReferences: [{ kind: 'Deployment' }] } }),
    says: [],
  },
  'what is no template at all': { object: { metadata: {}, spec: { template: 7 } }, says: [] },
}

describe('a workload is warned about', () => {
  for (const [title, { object, namespace, says }] of Object.entries(judged)) {
    test(title, async () => {
      const found = await warnings(object, namespace)
      assert.equal(found.length, says.length, found.join('\n'))
      for (const [index, expected] of says.entries()) {
        if (typeof expected === 'string') assert.equal(found[index], expected)
        else assert.match(found[index] ?? '', expected)
      }
    })
  }
})

const SECRET = 'hunter2hunter2'

const credentials: Readonly<Record<string, { env: readonly object[]; found: readonly string[] }>> = {
  'a URL with a password': {
    env: [{ name: 'DATABASE_URL', value: `postgresql://app:${SECRET}@orders-db.data.svc:5432/orders` }],
    found: ['DATABASE_URL'],
  },
  'with the cluster’s domain': {
    env: [{ name: 'U', value: `x://app:${SECRET}@orders-db.data.svc.cluster.local./orders` }],
    found: ['U'],
  },
  'a short name from another namespace': {
    env: [{ name: 'U', value: `x://app:${SECRET}@orders-db.data/o` }],
    found: ['U'],
  },
  'a name under a pattern': { env: [{ name: 'U', value: `x://app:${SECRET}@a.orders.data.svc/o` }], found: ['U'] },
  'one of several hosts': { env: [{ name: 'U', value: `x://a:${SECRET}@other:1,DB.example.com:2/o` }], found: ['U'] },
  'a password as a parameter': {
    env: [{ name: 'JDBC', value: `jdbc:x://db.example.com/o?user=a&password=${SECRET}` }],
    found: ['JDBC'],
  },
  'a connection string': {
    env: [{ name: 'DSN', value: `host=db.example.com user=a password=${SECRET}` }],
    found: ['DSN'],
  },
  'a password next to its host': {
    env: [
      { name: 'DB_HOST', value: 'orders-db.data.svc' },
      { name: 'DB_PASSWORD', valueFrom: { secretKeyRef: { name: 'a', key: 'b' } } },
    ],
    found: ['DB_PASSWORD'],
  },
  'a URL without a password': { env: [{ name: 'U', value: 'x://app@orders-db.data.svc/o' }], found: [] },
  'a password for a host that no Connection covers': {
    env: [{ name: 'U', value: `x://app:${SECRET}@elsewhere.example/o` }],
    found: [],
  },
  'a short name that means another namespace': {
    env: [{ name: 'U', value: `x://app:${SECRET}@orders-db/o` }],
    found: [],
  },
  'a password next to another host': {
    env: [
      { name: 'DB_HOST', value: 'elsewhere.example' },
      { name: 'DB_PASSWORD', value: SECRET },
    ],
    found: [],
  },
}

describe('old credentials', () => {
  for (const [title, { env, found }] of Object.entries(credentials)) {
    test(`${title}: ${found.length === 0 ? 'nothing is said' : 'a warning, without the value'}`, async () => {
      const said = await warnings(deployment(template({ env })))
      assert.deepEqual(
        said,
        found.map(
          (name) =>
            `container agent: ${name} looks like a password for Connection data/orders-db; the gateway holds that one, so take it out here and renew it`,
        ),
      )
      assert.ok(!said.join().includes(SECRET))
    })
  }
})
