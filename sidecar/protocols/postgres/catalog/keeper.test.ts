import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CatalogKeeper, type KeptSource } from './keeper.ts'

/** A connection that comes when it is told to, and answers nothing. */
function stage() {
  const coming = Promise.withResolvers<KeptSource>()
  const failures: unknown[] = []
  let closed = 0
  const source: KeptSource = { query: () => new Promise(() => {}), close: () => closed++ }
  const keeper = new CatalogKeeper({
    connect: () => coming.promise,
    maxAgeMs: 60_000,
    now: () => 0,
    onFailure: (error) => failures.push(error),
  })
  return { keeper, come: () => coming.resolve(source), closed: () => closed, failures }
}

test('a connection that comes when the last session has gone is closed', async () => {
  const { keeper, come, closed, failures } = stage()
  const acquired = keeper.acquire()
  keeper.release()
  come()
  await assert.rejects(acquired, /no session is left/)
  assert.equal(closed(), 1)
  assert.deepEqual(failures, [])
})

test('a connection that comes when another session has taken its place is kept until that one goes', async () => {
  const { keeper, come, closed } = stage()
  void keeper.acquire()
  keeper.release()
  void keeper.acquire()
  come()
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(closed(), 0)
  keeper.release()
  assert.equal(closed(), 1)
})
