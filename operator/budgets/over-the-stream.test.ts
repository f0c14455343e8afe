// A budget, asked for and leased over a real stream.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CONTROL_PROTOCOL } from '#contracts/control/messages.ts'
import { IDENTITY } from '#contracts/control/testing/snapshot.ts'
import { OperatorStream } from '#sidecar/control/operator-stream.ts'
import { Leases } from '#sidecar/policy/leases.ts'
import { Client } from '../kube/client.ts'
import { systemClock } from '../kube/clock.ts'
import { FakeServer } from '../kube/testing/fake-server.ts'
import { CONFIG_MAPS } from '../resources.ts'
import { Gateways } from '../stream/gateways.ts'
import { StreamServer } from '../stream/server.ts'
import { ca, leaf, own } from '../stream/testing/stage.ts'
import { termsOf } from '../stream/welcome.ts'
import { Budgets } from './budgets.ts'
import { agentLimit } from './testing/fleet.ts'

test('what a gateway asks for over its stream is written to its agent’s ledger and leased', async () => {
  const rows = agentLimit('Rows', 100, 3600)
  const server = new FakeServer({ clock: systemClock, resources: [CONFIG_MAPS] })
  const gateways = new Gateways({ of: () => undefined, onChange: () => () => undefined })
  const budgets = new Budgets({
    api: new Client({ transport: server }),
    namespace: 'sallyport',
    log: { info: () => undefined, warn: assert.fail },
    staleSeconds: 900,
    gateways: () => gateways.list(),
  })
  const streams = new StreamServer({
    certificate: { cert: leaf.certificate, key: leaf.key },
    gateways,
    terms: termsOf({
      maskingKeys: { hash: Buffer.alloc(32), tokenize: Buffer.alloc(32) },
      staleSeconds: 900,
      extraCas: [],
    }),
    attester: { attest: async () => ({ accepted: true, identity: IDENTITY, pinnedAnew: false, form: '' }) },
    log: { attested: () => undefined, ended: () => undefined, refused: assert.fail },
    said: (gateway, message) => {
      if (message.type === 'budget') budgets.request(gateway, message)
    },
  })
  const port = await streams.listen(0, '127.0.0.1')
  const leases = new Leases(1, () => undefined)
  leases.enforce([rows])
  await new Promise<void>((leased) => {
    const stream = new OperatorStream(
      {
        place: { address: '127.0.0.1', port, name: 'operator.test', ca: ca.certificate },
        certificate: own.certificate,
        key: own.key,
        hello: async () => ({ type: 'hello', protocol: CONTROL_PROTOCOL, token: 't', version: '0', recordingKey: 'k' }),
      },
      {
        message(message) {
          if (message.type === 'welcome') for (const request of leases.requests(Date.now())) stream.send(request)
          if (message.type !== 'lease') return
          leases.heard(message, Date.now())
          stream.stop()
          leased()
        },
        lost: () => undefined,
      },
    )
    stream.start()
  })
  await streams.close('the test is over')
  assert.equal(leases.counter(rows).room(100, Date.now()), 100)
  const [ledger] = server.storage.all(CONFIG_MAPS).values()
  assert.equal(ledger?.metadata.annotations?.['sallyport.dev/agent'], 'agents/analyst')
})
