import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import { Client } from '../kube/client.ts'
import { systemClock } from '../kube/clock.ts'
import { FakeServer } from '../kube/testing/fake-server.ts'
import { SECRETS } from '../resources.ts'
import { OwnCertificates } from './own-certificates.ts'

const DAY = 86_400_000

test('once a day the installation is looked at and the certificate made anew; where that fails it is said, and tried again', async () => {
  const server = new FakeServer({ clock: systemClock, resources: [SECRETS] })
  const api = new Client({ transport: server })
  const certificates = await OwnCertificates.open({ api, namespace: 'sallyport', hosts: ['operator.test'] })
  const { leaf, bundle } = certificates
  mock.timers.enable({ apis: ['setInterval'] })
  try {
    const looked = look(certificates)
    mock.timers.tick(DAY - 1)
    assert.equal(certificates.leaf, leaf)
    mock.timers.tick(1)
    assert.equal(await looked.next(), 'renewed')
    assert.notEqual(certificates.leaf.certificate, leaf.certificate)
    assert.equal(certificates.bundle, bundle)

    const secret = server.storage.get(SECRETS, { namespace: 'sallyport', name: 'sallyport-installation' })
    assert.ok(secret)
    server.storage.replace(SECRETS, secret, { ...secret, data: { 'installation.key': 'AA==' } })
    mock.timers.tick(DAY)
    assert.match(await looked.next(), /installation/)
    certificates.stop()
  } finally {
    mock.timers.reset()
    api.close()
  }
})

/** What each look came to, in order. */
function look(certificates: OwnCertificates): { next(): Promise<string> } {
  let tell: (outcome: string) => void = () => undefined
  let coming = new Promise<string>((resolve) => {
    tell = resolve
  })
  certificates.start(
    async () => tell('renewed'),
    (error) => tell(String(error)),
  )
  return {
    async next() {
      const outcome = await coming
      coming = new Promise((resolve) => {
        tell = resolve
      })
      return outcome
    },
  }
}
