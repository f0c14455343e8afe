// Whatever is used when, wherever it is asked, and whatever breaks on the way: no window holds more than the maximum.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { REQUEST_FAULTS, type RequestFault } from '../kube/testing/faults.ts'
import { agentLimit, Fleet } from './testing/fleet.ts'

const PODS = 3
const REPLICAS = 2
const WINDOW_SECONDS = 60
const rows = agentLimit('Rows', 50, WINDOW_SECONDS)
const sessions = agentLimit('Sessions', 5)

type Step =
  | { readonly kind: 'use' | 'open' | 'close'; readonly pod: number; readonly n: number }
  | { readonly kind: 'pass'; readonly milliseconds: number }
  | { readonly kind: 'connect' | 'restart'; readonly pod: number; readonly replica: number }
  | { readonly kind: 'disconnect'; readonly pod: number }
  | { readonly kind: 'crash'; readonly replica: number }
  | { readonly kind: 'faults'; readonly faults: readonly RequestFault[] }

const pod = fc.nat(PODS - 1)
const replica = fc.nat(REPLICAS - 1)
const fault = fc.constantFrom(...REQUEST_FAULTS)

function weighing<T>(weight: number, step: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.WeightedArbitrary<T> {
  return { weight, arbitrary: fc.record(step) }
}

const steps = fc.array(
  fc.oneof(
    weighing(12, { kind: fc.constant('use' as const), pod, n: fc.constantFrom(1, 20, 100) }),
    weighing(4, { kind: fc.constantFrom('open' as const, 'close' as const), pod, n: fc.constant(1) }),
    weighing(10, { kind: fc.constant('pass' as const), milliseconds: fc.constantFrom(1, 1_000, 2_000, 5_000, 20_000) }),
    weighing(1, { kind: fc.constant('pass' as const), milliseconds: fc.constant(58_500) }),
    weighing(4, { kind: fc.constantFrom('connect' as const, 'restart' as const), pod, replica }),
    weighing(1, { kind: fc.constant('disconnect' as const), pod }),
    weighing(1, { kind: fc.constant('crash' as const), replica }),
    weighing(1, { kind: fc.constant('faults' as const), faults: fc.array(fault, { minLength: 1, maxLength: 2 }) }),
  ),
  { minLength: 40, maxLength: 80 },
)

test('over any interleaving of use, losses and crashes no more is used than the maximum', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      const fleet = new Fleet()
      for (let i = 0; i < REPLICAS; i++) fleet.addReplica().watch()
      for (let i = 0; i < PODS; i++) fleet.addPod([rows, sessions])
      for (const [i, each] of fleet.pods.entries()) each.connect(at(fleet.replicas, i % REPLICAS))
      const used: { readonly at: number; readonly n: number }[] = []
      const open = new Map(fleet.pods.map((each) => [each, 0]))
      try {
        for (const each of all) {
          await take(fleet, each, used, open)
          const since = fleet.clock.now() - WINDOW_SECONDS * 1000
          const inWindow = used.reduce((sum, use) => (use.at > since ? sum + use.n : sum), 0)
          assert.ok(inWindow <= rows.max, `${inWindow} rows within the window`)
          const sessionsOpen = [...open.values()].reduce((sum, n) => sum + n, 0)
          assert.ok(sessionsOpen <= sessions.max, `${sessionsOpen} sessions open`)
        }
      } finally {
        await fleet.stop()
      }
    }),
    { numRuns: 40 },
  )
})

async function take(
  fleet: Fleet,
  each: Step,
  used: { readonly at: number; readonly n: number }[],
  open: Map<Fleet['pods'][number], number>,
): Promise<void> {
  if (each.kind === 'pass') return await fleet.pass(each.milliseconds, Math.max(500, each.milliseconds / 20))
  if (each.kind === 'faults') return fleet.server.faults.add(...each.faults)
  if (each.kind === 'crash') {
    // Its last requests may take their time: nobody waits for them here.
    void at(fleet.replicas, each.replica).crash()
    return await fleet.clock.settle()
  }
  const actor = at(fleet.pods, each.pod)
  const sessionsHere = open.get(actor) ?? 0
  switch (each.kind) {
    case 'use':
      used.push({ at: fleet.clock.now(), n: actor.use(rows, each.n) })
      return
    case 'open':
      open.set(actor, sessionsHere + actor.use(sessions, 1))
      return
    case 'close':
      if (sessionsHere === 0) return
      actor.giveBack(sessions, 1)
      open.set(actor, sessionsHere - 1)
      return
    case 'connect':
      actor.connect(at(fleet.replicas, each.replica))
      return
    case 'disconnect':
      actor.disconnect()
      return
    case 'restart':
      actor.restart()
      open.set(actor, 0)
      actor.connect(at(fleet.replicas, each.replica))
  }
}

function at<T>(list: readonly T[], index: number): T {
  const found = list[index]
  assert.ok(found !== undefined)
  return found
}
