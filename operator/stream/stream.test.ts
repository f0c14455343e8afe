// What gateways get over the stream, and what the operator learns of them.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { IDENTITY, snapshotWith } from '#contracts/control/testing/snapshot.ts'
import { freePort } from '#e2e/free-port.ts'
import { answerOf, Gateways } from './gateways.ts'
import { StreamServer } from './server.ts'
import { ACCEPT, counted, dial, leaf, Source, stage } from './testing/stage.ts'
import { termsOf } from './welcome.ts'

test('an attested gateway is welcomed, gets its snapshot and each one after it, and acknowledges', async () => {
  const told = counted<string | undefined>()
  await stage(
    async ({ source, dial }) => {
      source.current = snapshotWith({ version: 'v1' })
      const gateway = await dial()
      const welcome = await gateway.next('welcome')
      assert.deepEqual(welcome.agent, IDENTITY)
      assert.equal(welcome.maskingKeys.hash, Buffer.alloc(32, 1).toString('base64'))
      for (const version of ['v1', 'v2']) {
        if (version !== 'v1') source.set(snapshotWith({ version }))
        assert.equal((await gateway.next('snapshot')).version, version)
        gateway.stream.send({ type: 'acknowledged', version })
        assert.equal(await told.next(), version)
      }
    },
    { acknowledged: ({ acknowledged }) => told.tell(acknowledged) },
  )
})

test('an unchanged snapshot is not sent again', async () => {
  await stage(async ({ source, dial }) => {
    source.current = snapshotWith({ version: 'v1' })
    const gateway = await dial()
    await gateway.next('snapshot')
    source.set(snapshotWith({ version: 'v1' }))
    source.set(snapshotWith({ version: 'v2' }))
    assert.equal((await gateway.next('snapshot')).version, 'v2')
  })
})

test('an answer to an older snapshot does not count for the newer one', async () => {
  const told = counted<string>()
  await stage(
    async ({ source, gateways, dial }) => {
      source.current = snapshotWith({ version: 'v1' })
      const gateway = await dial()
      await gateway.next('snapshot')
      source.set(snapshotWith({ version: 'v2' }))
      await gateway.next('snapshot')
      gateway.stream.send({ type: 'acknowledged', version: 'v1' })
      gateway.stream.send({ type: 'rejected', version: 'v2', problem: 'no' })
      assert.equal(await told.next(), 'no')
      const [one] = gateways.list()
      assert.equal(one?.acknowledged, undefined)
    },
    { rejected: (_gateway, problem) => told.tell(problem) },
  )
})

test('what a gateway could not take stands until it took something, and an edit taken back is in force only when it is so again', async () => {
  const told = counted<string>()
  const answer = (type: 'acknowledged' | 'rejected', version: string) =>
    type === 'acknowledged' ? ({ type, version } as const) : ({ type, version, problem: 'no' } as const)
  await stage(
    async ({ source, gateways, dial }) => {
      const standing = () => [...gateways.list()].map(answerOf).join()
      source.current = snapshotWith({ version: 'v1' })
      const gateway = await dial()
      await gateway.next('snapshot')
      assert.equal(standing(), 'none')
      const said: readonly (readonly ['acknowledged' | 'rejected', string, string])[] = [
        ['acknowledged', 'v1', 'none'],
        ['rejected', 'v2', 'rejected'],
        ['rejected', 'v1', 'rejected'],
        ['acknowledged', 'v2', 'none'],
      ]
      for (const [type, version, whileUnderWay] of said) {
        gateway.stream.send(answer(type, version))
        assert.equal(await told.next(), type)
        assert.equal(standing(), type)
        source.set(snapshotWith({ version: version === 'v1' ? 'v2' : 'v1' }))
        await gateway.next('snapshot')
        assert.equal(standing(), whileUnderWay, `after ${type} ${version}`)
      }
    },
    { acknowledged: () => told.tell('acknowledged'), rejected: () => told.tell('rejected') },
  )
})

test('a second stream of a pod ends the first one', async () => {
  await stage(async ({ gateways, dial }) => {
    const first = await dial()
    await first.next('welcome')
    const second = await dial()
    await second.next('welcome')
    assert.match(await first.lost(), /another stream of this pod/)
    assert.equal(gateways.size, 1)
    first.stream.stop()
  })
})

test('after a welcome the operator is found again when it was away', async () => {
  const source = new Source()
  const own = () => new Gateways(source)
  source.current = snapshotWith({ version: 'v1' })
  const options = {
    certificate: { cert: leaf.certificate, key: leaf.key },
    terms: termsOf({
      maskingKeys: { hash: Buffer.alloc(32), tokenize: Buffer.alloc(32) },
      staleSeconds: 1,
      extraCas: [],
    }),
    attester: { attest: async () => ACCEPT },
    log: { attested: () => undefined, ended: () => undefined, refused: () => undefined },
  }
  const first = new StreamServer({ ...options, gateways: own() })
  // Not one of the kernel's, which anybody could be given before the second one listens.
  const port = await first.listen(await freePort(), '127.0.0.1')
  const gateway = dial(port, {})
  await gateway.next('snapshot')
  await first.close('restarting')
  assert.match(await gateway.lost(), /restarting/)
  const second = new StreamServer({ ...options, gateways: own() })
  await second.listen(port, '127.0.0.1')
  await gateway.next('snapshot')
  gateway.stream.stop()
  await second.close('over')
})
