// What holds for any pod, as properties.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { OUR_CONTAINERS, OUR_VOLUMES } from '#contracts/pod/names.ts'
import { isRecord } from '../kube/object.ts'
import { canonicalJson } from './json.ts'
import { mutatePod } from './mutate.ts'
import { type Container, type Pod, readPod, startedContainers } from './pod.ts'
import { isSealed } from './seal.ts'
import { agentPod, FACTS, INJECTION, pods } from './testdata.ts'

function mutate(pod: Pod): Pod {
  return mutatePod(pod, FACTS, INJECTION)
}

function authors(pod: Pod): readonly Container[] {
  return startedContainers(pod).filter(({ name }) => !OUR_CONTAINERS.includes(name))
}

describe('any pod', () => {
  test('is the same whether it is mutated once or twice', () => {
    fc.assert(fc.property(pods, (pod) => assert.deepEqual(mutate(mutate(pod)), mutate(pod))))
  })

  test('keeps every member that nobody here knows, and what is not ours', () => {
    fc.assert(
      fc.property(pods, (pod) => {
        const injected = mutate(pod)
        for (const [before, after] of [
          [pod, injected],
          [pod.metadata, injected.metadata],
          [pod.spec, injected.spec],
        ] as const) {
          assert.deepEqual(after['unheardOf'], before['unheardOf'])
        }
        assert.deepEqual(
          authors(injected).map(({ name, image, unheardOf, ports }) => ({ name, image, unheardOf, ports })),
          startedContainers(pod).map(({ name, image, unheardOf, ports }) => ({ name, image, unheardOf, ports })),
        )
        assert.equal(injected.spec['restartPolicy'], pod.spec['restartPolicy'])
      }),
    )
  })

  test('comes out the same, whatever the order of its members', () => {
    fc.assert(
      fc.property(pods, (pod) => {
        assert.equal(canonicalJson(mutate(readPod(turned(pod)))), canonicalJson(mutate(pod)))
      }),
    )
  })

  test('is sealed, and no longer so after any edit to our parts', () => {
    fc.assert(
      fc.property(pods, fc.nat(), (pod, choice) => {
        const injected = mutate(pod)
        assert.ok(isSealed(injected, FACTS.namespace, INJECTION.key))
        const edits = [...editsOf(injected)]
        const edited = edits[choice % edits.length]
        assert.ok(edited)
        assert.ok(!isSealed(edited, FACTS.namespace, INJECTION.key))
      }),
    )
  })

  test('is sealed for its namespace, its ServiceAccount, its rendering and its installation', () => {
    const pod = mutate(agentPod())
    assert.ok(!isSealed(pod, 'elsewhere', INJECTION.key))
    assert.ok(!isSealed(pod, FACTS.namespace, Buffer.alloc(32, 8)))
    assert.ok(!isSealed({ ...pod, spec: { ...pod.spec, serviceAccountName: 'admin' } }, FACTS.namespace, INJECTION.key))
    const annotations = { ...pod.metadata.annotations, 'sallyport.dev/rendering': 'another' }
    assert.ok(!isSealed({ ...pod, metadata: { ...pod.metadata, annotations } }, FACTS.namespace, INJECTION.key))
  })

  test('stays sealed when a LimitRange or an autoscaler sets resources, not when devices are claimed', () => {
    const pod = mutate(agentPod())
    const withResources = (resources: object): Pod =>
      readPod({
        ...pod,
        spec: { ...pod.spec, initContainers: pod.spec.initContainers?.map((it) => ({ ...it, resources })) },
      })
    assert.ok(isSealed(withResources({ limits: { cpu: '1' } }), FACTS.namespace, INJECTION.key))
    assert.ok(!isSealed(withResources({ claims: [{ name: 'nic' }] }), FACTS.namespace, INJECTION.key))
  })
})

function turned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(turned)
  if (!isRecord(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, member]) => [key, turned(member)]),
  )
}

/** Pods that differ from this one in our containers or volumes: by one leaf, one member more, one part less. */
function* editsOf(pod: Pod): Generator<Pod> {
  const { initContainers = [], volumes = [] } = pod.spec
  const edited = (spec: object): Pod => readPod({ ...pod, spec: { ...pod.spec, ...spec } })
  yield edited({ initContainers: initContainers.slice(1) })
  yield edited({ volumes: volumes.slice(0, -1) })
  for (const [index, container] of initContainers.slice(0, OUR_CONTAINERS.length).entries()) {
    for (const changed of changesOf(container))
      yield edited({ initContainers: replaced(initContainers, index, changed) })
  }
  for (const [index, volume] of volumes.entries()) {
    if (!OUR_VOLUMES.includes(volume.name)) continue
    for (const changed of changesOf(volume)) yield edited({ volumes: replaced(volumes, index, changed) })
  }
}

function* changesOf(value: unknown): Generator<unknown> {
  if (typeof value === 'string') yield `${value}x`
  else if (typeof value === 'number') yield value + 1
  else if (typeof value === 'boolean') yield !value
  else if (Array.isArray(value)) {
    yield value.slice(1)
    for (const [index, item] of value.entries()) {
      for (const changed of changesOf(item)) yield replaced(value, index, changed)
    }
  } else if (isRecord(value)) {
    yield { ...value, added: 'x' }
    for (const [key, member] of Object.entries(value)) {
      if (key === 'resources' || key === 'imagePullPolicy') continue
      for (const changed of changesOf(member)) yield { ...value, [key]: changed }
    }
  }
}

function replaced(list: readonly unknown[], index: number, item: unknown): readonly unknown[] {
  return list.with(index, item)
}
