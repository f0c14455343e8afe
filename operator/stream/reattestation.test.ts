import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PodIdentity } from '#contracts/control/messages.ts'
import type { Confirmation, Unattested } from './attest.ts'
import { type Gateway, Gateways } from './gateways.ts'
import { Reattestation } from './reattestation.ts'

const identity: PodIdentity = {
  namespace: 'agents',
  serviceAccount: 'analyst',
  pod: 'one',
  podUid: 'uid-1',
  labels: {},
  namespaceLabels: {},
}
const GONE: Unattested = {
  accepted: false,
  reason: 'a container was added',
  final: true,
  pod: { namespace: 'agents', pod: 'one', podUid: 'uid-1' },
}

interface Stage {
  readonly gateway: Gateway
  readonly gateways: Gateways
  readonly reattestation: Reattestation
  /** What the gateway was told, and people. */
  readonly told: readonly string[]
  /** How often the pod was looked at. */
  asked(): number
  /** The watch shows the pod so; resolves when all that follows from it is done. */
  seen(form: string | undefined): Promise<void>
}

async function stage(
  answers: (form: string | undefined, asked: number) => Confirmation | Error,
  run: (stage: Stage) => Promise<void>,
): Promise<void> {
  const told: string[] = []
  const gateways = new Gateways({ of: () => undefined, onChange: () => () => undefined })
  let form: string | undefined = 'form-1'
  let asked = 0
  let done = Promise.withResolvers<void>()
  const reattestation = new Reattestation({
    gateways,
    attester: {
      confirm: async (who, fingerprint) => {
        assert.deepEqual([who, fingerprint], [identity, 'key-1'])
        asked += 1
        const answer = answers(form, asked)
        if (answer instanceof Error) throw answer
        return answer
      },
    },
    form: () => form,
    refused: (_gateway, { reason }) => told.push(`people: ${reason}`),
    log: { info: () => undefined, warn: () => undefined },
    observer: {
      depth: () => undefined,
      added: () => undefined,
      retried: () => undefined,
      waited: () => undefined,
      worked: (_seconds, failed) => failed || done.resolve(),
    },
  })
  reattestation.start()
  const gateway = gateways.add(
    { identity, fingerprint: 'key-1', form: 'form-1' },
    {
      send: (message) => told.push(message.type),
      end: (reason, final) => told.push(`end: ${reason}${final ? ', for good' : ''}`),
    },
  )
  const seen = async (now: string | undefined): Promise<void> => {
    form = now
    done = Promise.withResolvers()
    const before = asked
    reattestation.look('agents/one')
    // Whoever is free begins at once.
    if (asked > before) await done.promise
  }
  await run({ gateway, gateways, reattestation, told, asked: () => asked, seen })
  await reattestation.stop()
}

const still = (form: string | undefined): Confirmation => ({ accepted: true, form: form ?? '' })

test('a pod that is as it was attested is not looked at', async () => {
  await stage(still, async ({ seen, asked }) => {
    await seen('form-1')
    assert.equal(asked(), 0)
  })
})

test('a pod that changed and may stay is looked at once for each change, and its gateway hears nothing', async () => {
  await stage(still, async ({ seen, asked, told }) => {
    for (const form of ['form-2', 'form-2', 'form-3']) await seen(form)
    assert.equal(asked(), 2)
    assert.deepEqual(told, [])
  })
})

test('a pod that would not be let in any more loses its sessions, then its stream, and people are told why', async () => {
  await stage(
    () => GONE,
    async ({ seen, told }) => {
      await seen('form-2')
      assert.deepEqual(told, ['people: a container was added', 'cut', 'end: a container was added, for good'])
    },
  )
})

test('a pod that the watch does not show any more is looked at', async () => {
  await stage(
    () => GONE,
    async ({ seen, told }) => {
      await seen(undefined)
      assert.ok(told.includes('cut'))
    },
  )
})

test('a stream of a container that is gone ends, and nothing is cut', async () => {
  await stage(
    () => ({ accepted: false, reason: 'another container', final: false }),
    async ({ seen, told }) => {
      await seen('form-2')
      assert.deepEqual(told, ['people: another container', 'end: another container'])
    },
  )
})

test('where nobody can say, what was attested stays, and the pod is looked at later', async () => {
  await stage(
    (form, asked) => (asked === 1 ? new Error('the API server does not answer') : still(form)),
    async ({ seen, asked, told, gateway }) => {
      await seen('form-2')
      assert.equal(asked(), 2)
      assert.deepEqual(told, [])
      assert.equal(gateway.form, 'form-2')
    },
  )
})

test('a pod whose gateway has gone meanwhile is left alone', async () => {
  await stage(still, async ({ seen, asked, gateways, gateway }) => {
    gateways.remove(gateway)
    await seen('form-2')
    assert.equal(asked(), 0)
  })
})
