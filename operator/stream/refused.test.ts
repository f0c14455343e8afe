// Who gets nothing over the stream.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { connect } from 'node:tls'
import { frame } from '#contracts/control/frames.ts'
import { CONTROL_PROTOCOL } from '#contracts/control/messages.ts'
import { snapshotWith } from '#contracts/control/testing/snapshot.ts'
import { OperatorStream } from '#sidecar/control/operator-stream.ts'
import { makeAuthority } from '#sidecar/net/certificate.ts'
import { ACCEPT, ca, own, stage, validity } from './testing/stage.ts'

test('who is not attested is told why, gets nothing, and may come again', async () => {
  await stage(async (all) => {
    all.source.current = snapshotWith({ version: 'secret' })
    all.answer = { accepted: false, reason: 'the pod is gone', final: false }
    const gateway = await all.dial()
    assert.deepEqual(await gateway.next('refusal'), { type: 'refusal', reason: 'the pod is gone', final: false })
    assert.equal(await gateway.lost(), 'the pod is gone')
    assert.equal(all.gateways.size, 0)
    all.answer = ACCEPT
    await gateway.next('snapshot')
  })
})

test('who can never be attested loses what an earlier stream has brought', async () => {
  await stage(async (all) => {
    all.answer = { accepted: false, reason: 'the pod would not be admitted', final: true }
    const gateway = await all.dial()
    assert.equal((await gateway.next('cut')).reason, 'the pod would not be admitted')
    assert.equal((await gateway.next('refusal')).final, true)
  })
})

test('the key in the certificate is what the attestation sees, whatever the token', async () => {
  await stage(async ({ claims, dial }) => {
    await (await dial({ token: 'one' })).next('welcome')
    await (await dial({ token: 'two' })).next('welcome')
    assert.deepEqual(claims.map(({ token }) => token).slice(0, 2), ['one', 'two'])
    assert.equal(new Set(claims.map(({ fingerprint }) => fingerprint)).size, 1)
    assert.match(claims[0]?.fingerprint ?? '', /^[0-9a-f]{64}$/)
  })
})

test('another version of the stream is refused for good', async () => {
  await stage(async ({ dial, refusals }) => {
    const { final } = await (await dial({ protocol: CONTROL_PROTOCOL - 1 })).next('refusal')
    assert.equal(final, true)
    assert.match(refusals[0] ?? '', /the stream's version is \d+, not \d+: restart the pod/)
  })
})

const HOSTILE: Readonly<Record<string, { readonly bytes: string; readonly says: RegExp }>> = {
  'no JSON': { bytes: 'GET / HTTP/1.1\r\n\r\n', says: /not JSON/ },
  'a message before hello': { bytes: frame({ type: 'alive', sessions: 1 }), says: /no hello/ },
  'a line without end': { bytes: `"${'a'.repeat(70_000)}`, says: /longer than/ },
  'a message that only the operator sends': { bytes: frame({ type: 'beat' }), says: /not known/ },
}
for (const [title, { bytes, says }] of Object.entries(HOSTILE)) {
  test(`refused and closed: ${title}`, async () => {
    await stage(async ({ port, gateways, refusals }) => {
      const socket = connect({
        host: '127.0.0.1',
        port,
        servername: 'operator.test',
        ca: ca.certificate,
        cert: own.certificate,
        key: own.key,
      })
      socket.on('error', () => undefined)
      await once(socket, 'secureConnect')
      socket.resume().write(bytes)
      await once(socket, 'close')
      assert.match(refusals.join(), says)
      assert.equal(gateways.size, 0)
    })
  })
}

test('a gateway that does not trust the certificate sends no token', async () => {
  await stage(async ({ port, claims }) => {
    const stranger = makeAuthority('another CA', validity)
    const reason = await new Promise<string>((resolve) => {
      const stream = new OperatorStream(
        {
          place: { address: '127.0.0.1', port, name: 'operator.test', ca: stranger.certificate },
          certificate: own.certificate,
          key: own.key,
          hello: () => assert.fail('asked for the token'),
        },
        {
          message: () => undefined,
          lost(why) {
            stream.stop()
            resolve(why)
          },
        },
      )
      stream.start()
    })
    assert.match(reason, /certificate|unable to verify/)
    assert.deepEqual(claims, [])
  })
})
