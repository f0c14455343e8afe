// `helm upgrade` to another rendering of the injected parts: what runs goes on as it was born.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { install, type Stage } from '../stage.ts'
import { job, part, pod, podOf, podsReady, UNTIL_TOLD } from './agents.ts'
import { type OpenSession, openSession } from './open-session.ts'

const SELECT = 'select count(*) from customers'
const RENDERING = '{.metadata.annotations.sallyport\\.dev/rendering}'
const TRUST_FILE = '/etc/ssl/certs/orders.pem'

export function upgrade(stage: () => Stage): void {
  describe('helm upgrade to another rendering', () => {
    let session: OpenSession
    let rendering: string

    before(async () => {
      await stage().apply([job('upgraded', UNTIL_TOLD)])
      rendering = await part(stage(), await podOf(stage(), 'analyst'), RENDERING)
      session = await openSession(stage())
      await stage().until(
        'the Job to run',
        async () =>
          (await stage().kubectl('get', 'job', '-n', 'agents', 'upgraded', '-o', 'jsonpath={.status.ready}')) === '1',
        180,
      )
      await install(stage().cluster, { sidecar: { stateMebibytes: 512 }, trust: { files: [TRUST_FILE] } })
    })
    after(async () => {
      await install(stage().cluster)
      await session.close()
      await stage().remove('job', '-n', 'agents', 'upgraded')
      await stage().remove('pod', '-n', 'agents', 'younger')
    })

    test('the open session goes on', async () => {
      assert.equal(await session.ask(SELECT), '2\n')
    })

    test('a pod that is born now has the new parts', async () => {
      await stage().apply([pod('younger')])
      await podsReady(stage(), 'younger')
      assert.notEqual(await part(stage(), 'pod/younger', RENDERING), rendering)
      const { out, err } = await stage().exec(
        { namespace: 'agents', of: 'pod/younger' },
        ...['sh', '-c', `cmp ${TRUST_FILE} /etc/sallyport/trust/ca-bundle.crt && echo same`],
      )
      assert.equal(out, 'same\n', err)
      assert.equal((await stage().psql(SELECT, { of: 'pod/younger' })).out, '2\n')
    })

    test('an older pod is still attested: what is edited now is in force in it, in the open session too', async () => {
      const of = await podOf(stage(), 'analyst')
      assert.equal(await part(stage(), of, RENDERING), rendering)
      await masks(stage(), 'Null')
      await stage().until(
        'another mask',
        async () => (await session.ask('select ssn from customers where id = 1')) === '\n',
      )
      await masks(stage(), 'Redact')
      await stage().until(
        'the usual mask',
        async () => (await session.ask('select ssn from customers where id = 1')) === '****\n',
      )
      assert.ok(session.isOpen)
    })

    test('the Job that was under way completes', async () => {
      await stage().exec({ namespace: 'agents', of: 'job/upgraded' }, 'touch', '/tmp/go')
      await stage().kubectl('wait', '-n', 'agents', 'job/upgraded', '--for=condition=Complete', '--timeout=120s')
    })
  })
}

function masks({ kubectl }: Stage, strategy: string): Promise<string> {
  const masking = [{ name: 'pii', columns: ['public.customers.ssn'], strategy }]
  return kubectl(
    ...['patch', 'accesspolicy', '-n', 'data', 'analysts', '--type=merge'],
    ...['-p', JSON.stringify({ spec: { masking } })],
  )
}
