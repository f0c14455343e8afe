// Who may aim agents at what: Connections that would open a door, take another's place, or borrow another's password.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Stage } from '../stage.ts'
import { refused } from './admission.ts'
import { attempt, type Ground, inAgent, podAddress, psqlOf } from './ground.ts'
import { AGENTS, type Json, NOWHERE } from './pods.ts'

const OWNER = 'threats-owner'
const TENANT = 'threats-wirer'

function connection(name: string, namespace: string, host: string, spec: Json = {}): Json {
  const tls = { mode: 'Require' }
  const credentials = { secretRef: { name: 'orders-db-gateway' } }
  const endpoints = [{ host, port: 5432 }]
  return {
    apiVersion: 'sallyport.dev/v1alpha1',
    kind: 'Connection',
    metadata: { name, namespace },
    spec: { protocol: 'PostgreSQL', endpoints, tls, credentials, ...spec },
  }
}

function policy(namespace: string, connections: readonly string[]): Json {
  const agents = { namespaces: [AGENTS], serviceAccounts: ['nobody'] }
  const rules = [{ name: 'all', match: { effects: ['Read', 'Write', 'Admin'] }, action: 'Allow' }]
  return {
    apiVersion: 'sallyport.dev/v1alpha1',
    kind: 'AccessPolicy',
    metadata: { name: 'threats-self', namespace },
    spec: { agents, connections, rules, masking: [], limits: [] },
  }
}

export function wiring(ground: () => Ground): void {
  const stage = () => ground().stage

  describe('wiring by a hostile tenant', () => {
    test('T53: no Connection and no policy in the agents’ own namespace', async () => {
      const says = /live in namespaces with the label sallyport\.dev\/owner/
      refused(await stage().tryApply([connection('mine', AGENTS, 'db.threats-agents.svc')]), says)
      refused(await stage().tryApply([policy(AGENTS, ['mine'])]), says)
    })

    test('T53: a host outside the cluster that no EndpointGrant gives is not accepted, and its name is none', async () => {
      const plain = { protocol: 'TCP', credentials: undefined, tls: undefined }
      await stage().apply([
        connection('threats-outside', 'data', 'collector.example', plain),
        policy('data', ['threats-outside']),
      ])
      try {
        assert.match(await unaccepted(stage(), 'data', 'threats-outside'), /HostNotPermitted.*ask the platform team/)
        const { out } = await inAgent(stage(), 'outlaw', 'dig', '+tries=1', 'collector.example')
        assert.match(out, /status: NXDOMAIN/)
      } finally {
        await stage().remove('accesspolicy,connection', '-n', 'data', 'threats-self', 'threats-outside')
      }
    })

    test('T54: another namespace claims the database’s host, or its address: the agent goes where it went', async () => {
      const { apply, kubectl } = stage()
      await apply([
        { apiVersion: 'v1', kind: 'Namespace', metadata: { name: OWNER, labels: { 'sallyport.dev/owner': 'true' } } },
      ])
      const address = await kubectl('get', 'service', '-n', 'data', 'orders-db', '-o', 'jsonpath={.spec.clusterIP}')
      const hosts = { name: 'orders-db.data.svc', address }
      for (const [name, host] of Object.entries(hosts)) {
        await apply([connection(name, OWNER, host, { upstream: undefined })])
        assert.match(await unaccepted(stage(), OWNER, name), /HostNotPermitted/, host)
      }
      assert.equal((await psqlOf(stage(), 'dealer', 'select count(*) from customers')).out, '2\n')
    })

    test('T54: a younger Connection for the same endpoint steers nothing', async () => {
      await stage().apply([
        connection('threats-younger', 'data', 'orders-db.data.svc', { settings: { match: { databases: ['orders'] } } }),
      ])
      try {
        assert.match(await unaccepted(stage(), 'data', 'threats-younger'), /EndpointConflict.*is older/)
        assert.equal((await psqlOf(stage(), 'dealer', 'select count(*) from customers')).out, '2\n')
      } finally {
        await stage().remove('connection', '-n', 'data', 'threats-younger')
      }
    })

    test('T55: hostAliases and dnsConfig lead the agent astray, never the gateway', async () => {
      const astray = await psqlOf(stage(), 'misled', 'select 1', 'orders-db.data.svc')
      assert.notEqual(astray.code, 0, 'the agent’s own /etc/hosts leads where no Connection is')
      const rows = await psqlOf(stage(), 'misled', 'select count(*) from customers')
      assert.equal(rows.out, '2\n', rows.err)
      const left = await ground().witness.leftFrom(await podAddress(stage(), 'misled'))
      assert.ok(
        left.some((destination) => destination.endsWith('tcp 5432')),
        left.join(', '),
      )
      assert.deepEqual(
        left.filter((destination) => destination.startsWith(NOWHERE)),
        [],
      )
    })

    test('T56: a Connection with a password that its author may not use', async () => {
      const apiVersion = 'rbac.authorization.k8s.io/v1'
      const metadata = { name: TENANT, namespace: 'data' }
      const rules = [{ apiGroups: ['sallyport.dev'], resources: ['connections'], verbs: ['get', 'create', 'patch'] }]
      const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: TENANT }
      const subjects = [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: TENANT }]
      await stage().apply([
        { apiVersion, kind: 'Role', metadata, rules },
        { apiVersion, kind: 'RoleBinding', metadata, roleRef, subjects },
      ])
      const mine = JSON.stringify(connection('threats-borrower', 'data', 'mine.data.svc'))
      const said = await stage().until('the webhook’s refusal', async () => {
        const error = await stage()
          .cluster.kubectl(['create', '--dry-run=server', `--as=${TENANT}`, '-f', '-'], mine)
          .then(
            () => 'it was taken',
            (failure) => String(Object(failure).stderr),
          )
        return /cannot create resource/.test(error) ? false : error // the role is not in force yet
      })
      assert.match(said, /needs the verb use on secrets orders-db-gateway in namespace data/)
    })

    test('T56: a Secret that was not made for gateways', async () => {
      const opaque = { secretRef: { name: 'orders-tls' } }
      const taken = connection('threats-opaque', 'data', 'mine.data.svc', { credentials: opaque })
      refused(await stage().tryApply([taken]), /only Secrets of type sallyport\.dev\/credentials/)
    })

    test('T52: another protocol’s bytes at the database’s port go nowhere', async () => {
      const address = await podAddress(stage(), 'reborn')
      const before = await ground().witness.leftFrom(address)
      for (const hello of ['SSH-2.0-OpenSSH_9.9\r\n', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n']) {
        const answer = await attempt(ground(), 'reborn', 'tell', 'orders-db.data.svc', 5432, hello)
        assert.doesNotMatch(answer, /^SSH|HTTP|timeout/)
      }
      assert.deepEqual(await ground().witness.leftFrom(address), before)
    })
  })
}

/** Reason and message of a Connection that is not accepted. */
async function unaccepted(stage: Stage, namespace: string, name: string): Promise<string> {
  const accepted = '{.status.conditions[?(@.type=="Accepted")]'
  const path = `jsonpath=${accepted}.status} ${accepted}.reason}: ${accepted}.message}`
  const judged = await stage.until(`the judgement of ${namespace}/${name}`, async () => {
    const condition = await stage.kubectl('get', 'connection', '-n', namespace, name, '-o', path)
    return /^(True|False)/.test(condition) && condition
  })
  assert.match(judged, /^False/)
  return judged
}

export async function forgetWiring({ remove }: Stage): Promise<void> {
  await remove('role,rolebinding', '-n', 'data', TENANT)
  await remove('namespace', OWNER)
}
