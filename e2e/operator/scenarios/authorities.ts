// The installation's authority is replaced, as it is some years after `helm install`: first both are trusted, then the elder is gone.
import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { type Certified, makeAuthority } from '#sidecar/net/certificate.ts'
import { RELEASE, SYSTEM_NAMESPACE } from '../../cluster/install.ts'
import type { Stage } from '../stage.ts'
import { part, pod, podOf, podsReady, welcomed } from './agents.ts'
import { type OpenSession, openSession } from './open-session.ts'

const SELECT = 'select count(*) from customers'
const SECRET = 'secret/sallyport-installation'
const YEAR = 365 * 86_400_000
const WEBHOOKS = ['mutatingwebhookconfiguration', 'validatingwebhookconfiguration'] as const

export function authorities(stage: () => Stage): void {
  describe('another certificate authority', () => {
    let elder: readonly Certified[]
    let session: OpenSession
    const younger = makeAuthority('Sallyport operator renewed', {
      from: new Date(Date.now() - YEAR),
      to: new Date(Date.now() + 10 * YEAR),
    })

    before(async () => {
      const kept = await part(stage(), SECRET, '{.data.authorities\\.json}', SYSTEM_NAMESPACE)
      elder = JSON.parse(Buffer.from(kept, 'base64').toString('utf8'))
      session = await openSession(stage())
    })
    after(async () => {
      await putIntoForce(stage(), elder)
      await session.close()
      await stage().remove('pod', '-n', 'agents', 'overlapping')
      await welcomed(stage(), await podOf(stage(), 'analyst'))
    })

    test('while both are trusted, older pods go on under the elder one, and younger ones know both', async () => {
      await putIntoForce(stage(), [...elder, younger])
      await welcomed(stage(), await podOf(stage(), 'analyst'))
      assert.equal(await session.ask(SELECT), '2\n')
      await trustedByWebhooks(stage(), 2)
      await stage().apply([pod('overlapping')])
      await podsReady(stage(), 'overlapping')
      const ca = '{.spec.initContainers[2].env[?(@.name=="SALLYPORT_OPERATOR_CA")].value}'
      assert.equal(certificatesIn(await part(stage(), 'pod/overlapping', ca)), 2)
    })

    test('when the elder is gone, admission works, and so do pods of the time between', async () => {
      await putIntoForce(stage(), [younger])
      await trustedByWebhooks(stage(), 1)
      await welcomed(stage(), 'pod/overlapping')
      assert.equal((await stage().psql(SELECT, { of: 'pod/overlapping' })).out, '2\n')
      const { code, err } = await stage().tryKubectl('label', 'pod', '-n', 'agents', 'overlapping', 'team=orders')
      assert.equal(code, 0, err)
      assert.equal(await session.ask(SELECT), '2\n', 'a pod of before goes on with the last word it heard')
      assert.ok(session.isOpen)
    })
  })
}

async function putIntoForce(stage: Stage, all: readonly Certified[]): Promise<void> {
  const data = { 'authorities.json': Buffer.from(JSON.stringify(all)).toString('base64') }
  await stage.kubectl('patch', SECRET, '-n', SYSTEM_NAMESPACE, '--type=merge', '-p', JSON.stringify({ data }))
  const operators = ['-n', SYSTEM_NAMESPACE, '-l', 'app.kubernetes.io/component=operator']
  await stage.kubectl('delete', 'pods', ...operators, '--grace-period=0', '--force')
  await stage.ready(SYSTEM_NAMESPACE, `deployment/${RELEASE}`)
}

async function trustedByWebhooks(stage: Stage, count: number): Promise<void> {
  for (const kind of WEBHOOKS) {
    const bundle = await part(stage, `${kind}/${RELEASE}`, '{.webhooks[0].clientConfig.caBundle}')
    assert.equal(certificatesIn(Buffer.from(bundle, 'base64').toString('utf8')), count, kind)
  }
}

function certificatesIn(pem: string): number {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  return blocks.map((block) => new X509Certificate(block)).filter(({ ca }) => ca).length
}
