// A reflector before an API server in memory, and what it has seen beside what is true.
import assert from 'node:assert/strict'
import { Client } from '../client.ts'
import { Reflector, type ReflectorOptions } from '../reflector.ts'
import type { Store } from '../store.ts'
import { FakeClock } from './fake-clock.ts'
import { FakeServer } from './fake-server.ts'
import { FaultPlan } from './faults.ts'
import { KeptLog, THINGS, thing } from './things.fixture.ts'

export interface Stage {
  readonly clock: FakeClock
  readonly server: FakeServer
  readonly reflector: Reflector<unknown>
  readonly restarts: string[]
  readonly log: KeptLog
}

export function stage(plan: FaultPlan = new FaultPlan(), options: Partial<ReflectorOptions<unknown>> = {}): Stage {
  const clock = new FakeClock()
  const server = new FakeServer({ clock, resources: [THINGS], faults: plan })
  const log = new KeptLog()
  const restarts: string[] = []
  const reflector = new Reflector<unknown>({
    api: new Client({ transport: server, clock }),
    resource: THINGS,
    prune: (object) => object['spec'],
    log,
    clock,
    random: () => 0.5,
    timing: { pageSize: 2 },
    onRestart: (_, reason) => restarts.push(reason),
    ...options,
  })
  return { clock, server, reflector, restarts, log }
}

export function contents<T>(store: Store<T>): Record<string, T> {
  return Object.fromEntries([...store.entries()].sort(([a], [b]) => (a < b ? -1 : 1)))
}

export function truth(server: FakeServer): Record<string, unknown> {
  const all = [...server.storage.all(THINGS)].map(([key, object]) => [key, object['spec']] as const)
  return Object.fromEntries(all.sort(([a], [b]) => (a < b ? -1 : 1)))
}

export function alike(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

/** Follows every change that is told, and objects if one does not follow from those before. */
export function follow<T>(store: Store<T>): Map<string, T> {
  const shadow = new Map<string, T>()
  store.onChange((key, before, after) => {
    assert.equal(shadow.get(key), before, `before ${key}`)
    assert.ok(before !== undefined || after !== undefined, 'a change from nothing to nothing')
    if (after === undefined) shadow.delete(key)
    else shadow.set(key, after)
    assert.equal(store.get(key), after, `the store is in the state after the change of ${key}`)
  })
  return shadow
}

export function change(server: FakeServer, name: string, spec: unknown): void {
  const present = server.storage.get(THINGS, { namespace: 'team', name })
  if (present === undefined) server.storage.create(THINGS, thing(name, spec))
  else if (spec === undefined) server.storage.delete(THINGS, present)
  else server.storage.replace(THINGS, present, { ...present, spec })
}
