// Policies are edited while agents work: what is open obeys, and nothing restarts.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Client } from '#operator/kube/client.ts'
import { HttpTransport } from '#operator/kube/http-transport.ts'
import { kubeconfigAccess } from '#operator/kube/kubeconfig.ts'
import { ACCESS_POLICIES } from '#operator/resources.ts'
import type { Stage } from '../stage.ts'
import { say } from './figures.ts'
import { ANALYST, type OpenSession, onDatabase, openSession, untilCut } from './open-session.ts'

const POLICY = { namespace: 'data', name: 'analysts' }
const EDITS = 20
const SELECT = 'select count(*) from customers'
const REPORTS = { ...ANALYST, database: 'reports' }

export function policyEdits(stage: () => Stage): void {
  describe('policies and Connections are edited while a pod runs', () => {
    let session: OpenSession

    before(async () => {
      session = await openSession(stage())
    })
    after(async () => {
      await session.close()
      await stage().apply(await stage().manifest('resources.yaml'))
    })

    test('an open session obeys each of twenty edits', async (context) => {
      const api = new Client({ transport: new HttpTransport(kubeconfigAccess(stage().cluster.kubeconfig)) })
      context.after(() => api.close())
      const seconds: number[] = []
      const patched: number[] = []
      for (let edit = 0; edit < EDITS; edit += 1) {
        const action = edit % 2 === 0 ? 'Deny' : 'Allow'
        const rules = [{ name: 'reads', match: { effects: ['Read'] }, action, message: `edit ${edit}` }]
        const from = performance.now()
        await api.patch(ACCESS_POLICIES, POLICY, { spec: { rules } }, { kind: 'Merge' })
        patched.push((performance.now() - from) / 1000)
        const wanted = action === 'Deny' ? `edit ${edit}` : '2\n'
        for (;;) {
          const answer = await session.ask(SELECT)
          const took = (performance.now() - from) / 1000
          assert.ok(session.isOpen, answer)
          if (answer.includes(wanted)) {
            seconds.push(took)
            break
          }
          assert.ok(took < 60, `edit ${edit} is not in force after a minute: ${answer}`)
        }
      }
      for (const sorted of [seconds, patched]) sorted.sort((a, b) => a - b)
      const figures = (sorted: readonly number[]): string => `p50 ${at(sorted, 0.5)} p99 ${at(sorted, 0.99)}`
      say(`an edit is in force in an open session: ${figures(seconds)}, of which the API server: ${figures(patched)}`)
    })

    test('a mask that is added covers the next result of an open session', async () => {
      assert.equal(await session.ask('select email from customers where id = 1'), 'ada@example.org\n')
      await edit('masking', [
        { name: 'pii', columns: ['public.customers.ssn'], strategy: 'Redact' },
        { name: 'mail', columns: ['public.customers.email'], strategy: 'Redact' },
      ])
      await stage().until('the mask', async () =>
        /^\*+\n$/.test(await session.ask('select email from customers where id = 1')),
      )
      assert.ok(session.isOpen)
    })

    test('a mask that is taken away cuts the session, and new ones do without', async () => {
      await edit('masking', [{ name: 'pii', columns: ['public.customers.ssn'], strategy: 'Redact' }])
      await untilCut(stage(), session)
      assert.equal((await stage().psql('select email from customers where id = 1')).out, 'ada@example.org\n')
    })

    test('a new Connection works in the running pod, and a deleted one is cut', async () => {
      await onDatabase(stage(), 'drop database if exists reports')
      await onDatabase(stage(), 'create database reports')
      const before = await stage().psql('select 1', { database: 'reports' })
      assert.notEqual(before.code, 0, 'nobody opened it yet')
      await stage().apply(REPORTS_RESOURCES)
      const opened = await stage().until('a session', () => openSession(stage(), REPORTS).catch(() => undefined))
      assert.equal(await opened.ask('select current_database()'), 'reports\n')
      await stage().remove('connection', '-n', 'data', 'reports-db')
      await untilCut(stage(), opened)
      await opened.close()
      assert.notEqual((await stage().psql('select 1', { database: 'reports' })).code, 0)
      await stage().remove('accesspolicy', '-n', 'data', 'reporters')
      await onDatabase(stage(), 'drop database reports with (force)')
      assert.equal((await stage().psql(SELECT)).out, '2\n', 'the other one goes on')
    })

    function edit(member: string, value: unknown): Promise<string> {
      const patch = JSON.stringify({ spec: { [member]: value } })
      return stage().kubectl('patch', 'accesspolicy', '-n', 'data', 'analysts', '--type=merge', '-p', patch)
    }
  })
}

const REPORTS_RESOURCES = [
  {
    apiVersion: 'sallyport.dev/v1alpha1',
    kind: 'Connection',
    metadata: { name: 'reports-db', namespace: 'data' },
    spec: {
      protocol: 'PostgreSQL',
      endpoints: [{ host: 'orders-db.data.svc', port: 5432 }],
      tls: { mode: 'VerifyFull', caRef: { configMap: { name: 'orders-ca', key: 'ca.crt' } } },
      credentials: { secretRef: { name: 'orders-db-gateway' } },
      settings: { match: { databases: ['reports'] } },
    },
  },
  {
    apiVersion: 'sallyport.dev/v1alpha1',
    kind: 'AccessPolicy',
    metadata: { name: 'reporters', namespace: 'data' },
    spec: {
      agents: { namespaces: ['agents'] },
      connections: ['reports-db'],
      rules: [{ name: 'reads', match: { effects: ['Read'] }, action: 'Allow' }],
      masking: [],
      limits: [],
    },
  },
]

function at(sorted: readonly number[], part: number): string {
  const value = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN
  return `${Math.round(value * 1000)} ms`
}
