// An unmodified agent: the same code, host and port as before, and from now on only what policy lets through.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Stage } from '../stage.ts'

export function firstSession(stage: () => Stage): void {
  describe('an annotated pod reaches its database only through policy', () => {
    test('rows come back, protected columns masked', async () => {
      const { out, err } = await stage().psql('select id, name, ssn from customers order by id')
      assert.equal(out, '1|Ada|****\n2|Bob|****\n', err)
    })

    test('what no rule allows, and what a rule forbids, is refused with the reason', async () => {
      const insert = await stage().psql("insert into customers values (3, 'Eve', 'e', 's')")
      assert.match(insert.err, /ERROR:.*no rule/)
      const drop = await stage().psql('drop table customers')
      assert.match(drop.err, /Ask the orders team/)
      assert.equal((await stage().psql('select count(*) from customers')).out, '2\n')
    })

    const NAMES: Readonly<Record<string, (stage: Stage) => Promise<string>>> = {
      'its name without the svc': async () => 'orders-db.data',
      'its full name': async () => 'orders-db.data.svc.cluster.local',
      'its full name with the dot at the end': async () => 'orders-db.data.svc.cluster.local.',
      'its ClusterIP': ({ kubectl }) =>
        kubectl('get', 'service', '-n', 'data', 'orders-db', '-o', 'jsonpath={.spec.clusterIP}'),
    }
    for (const [title, hostOf] of Object.entries(NAMES)) {
      test(`by ${title} it is the same`, async () => {
        const host = await hostOf(stage())
        assert.equal((await stage().psql('select ssn from customers where id = 1', { host })).out, '****\n')
      })
    }

    test('the client verifies the gateway’s certificate by the usual variable', async () => {
      const { out, err } = await stage().psql('select 1', { host: 'orders-db.data.svc sslmode=verify-full' })
      assert.equal(out, '1\n', err)
    })

    test('the password is nowhere in the agent’s pod', async () => {
      const where = { namespace: 'agents', of: 'deployment/analyst' }
      const found = await stage().exec(
        where,
        'sh',
        '-c',
        'env; cat /etc/sallyport/trust/*; ls /var/run/secrets 2>&1; true',
      )
      assert.doesNotMatch(found.out, /held-by-the-gateway/)
    })

    test('what happened is in the audit stream', async () => {
      const log = await stage().kubectl('logs', '-n', 'agents', 'deployment/analyst', '-c', 'sallyport-gateway')
      assert.match(log, /"type":"action\.decided".*"verb":"drop".*"verdict":"Deny"/)
      assert.doesNotMatch(log, /123-45-6789/)
    })
  })
}
