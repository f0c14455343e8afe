import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { canonicalJson } from '../inject/json.ts'
import { type Pod, readPod } from '../inject/pod.ts'
import { agentPod, GATEWAY_UID, pods } from '../inject/testdata.ts'
import { POD_RULES, podFaults } from './pod-rules.ts'
import { CONTEXT, inject } from './testdata.ts'
import { TAMPERED } from './testing/tampered-pods.ts'
import { WRITTEN } from './testing/written-pods.ts'

/** Rules that the injected pod breaks. */
function broken(pod: Pod, allowances = CONTEXT.allowances): readonly string[] {
  const faults = podFaults(pod, { ...CONTEXT, allowances })
  return [...new Set(faults.map(({ rule }) => rule))]
}

describe('pods as their authors write them', () => {
  for (const [title, { container, spec, metadata, rule }] of Object.entries(WRITTEN)) {
    test(`${title}: ${rule === undefined ? 'admitted' : 'refused'}`, () => {
      const pod = inject(agentPod(container, spec, metadata))
      assert.deepEqual(broken(pod), rule === undefined ? [] : [rule])
    })
  }

  test('the same is asked of init containers', () => {
    const initContainers = [{ name: 'init', image: 'a', securityContext: { privileged: true } }]
    const [fault] = podFaults(inject(agentPod({}, { initContainers })), CONTEXT)
    assert.equal(fault?.message, 'spec.initContainers[3] (init): securityContext.privileged: remove it')
  })
})

describe('pods that were tampered with after they were injected', () => {
  for (const [title, { edit, rules }] of Object.entries(TAMPERED)) {
    test(title, () => {
      const pod = inject(agentPod())
      assert.deepEqual(broken(pod), [])
      assert.deepEqual(broken(readPod({ ...pod, ...edit(pod) })), rules)
    })
  }

  test('the message says where ours differ', () => {
    const pod = inject(agentPod())
    const initContainers = pod.spec.initContainers?.map((it) => ({ ...it, image: 'evil' })) ?? []
    const [fault] = podFaults({ ...pod, spec: { ...pod.spec, initContainers } }, CONTEXT)
    assert.match(fault?.message ?? '', /^the gateway’s part at \/containers\/0\/image is not as it was rendered/)
  })

  test('a rendering that is too old is refused, one of the last three passes', () => {
    const pod = inject(agentPod())
    const [fault] = podFaults(pod, { ...CONTEXT, renderings: new Set(['newer']) })
    assert.equal(fault?.rule, 'gateway-as-rendered')
    assert.match(fault?.message ?? '', /older release.*make it anew/)
  })
})

describe('containers added to a running pod, where that is allowed', () => {
  const allowances = { ...CONTEXT.allowances, ephemeralContainers: 'Restricted' } as const
  const confined = {
    runAsUser: 1000,
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
    seccompProfile: { type: 'RuntimeDefault' },
  }
  const added: Readonly<Record<string, { container: object; rules: readonly string[] }>> = {
    'confined, with a user: admitted': { container: { securityContext: confined }, rules: [] },
    'T30: as the gateway’s user': {
      container: { securityContext: { ...confined, runAsUser: GATEWAY_UID } },
      rules: ['gateway-user-is-its-own'],
    },
    'T30: as the image says': {
      container: { securityContext: { ...confined, runAsUser: undefined } },
      rules: ['no-added-containers'],
    },
    'T30: with NET_ADMIN': {
      container: { securityContext: { ...confined, capabilities: { add: ['NET_ADMIN'], drop: ['ALL'] } } },
      rules: ['no-capabilities'],
    },
    'T30: looking into the gateway’s processes': {
      container: { securityContext: confined, targetContainerName: 'sallyport-gateway' },
      rules: ['no-added-containers'],
    },
  }
  for (const [title, { container, rules }] of Object.entries(added)) {
    test(title, () => {
      const pod = inject(agentPod())
      const ephemeralContainers = [{ name: 'debug', image: 'a', ...container }]
      assert.deepEqual(broken({ ...pod, spec: { ...pod.spec, ephemeralContainers } }, allowances), rules)
    })
  }
})

describe('every rule', () => {
  test('has its own name and an attack that it answers', () => {
    assert.equal(new Set(POD_RULES.map(({ id }) => id)).size, POD_RULES.length)
    for (const { id, threats } of POD_RULES) assert.ok(threats.length > 0, id)
  })

  test('is broken by a row of these tables', () => {
    const tried = new Set([
      ...Object.values(WRITTEN).flatMap(({ rule }) => (rule === undefined ? [] : [rule])),
      ...Object.values(TAMPERED).flatMap(({ rules }) => rules),
    ])
    assert.deepEqual(
      POD_RULES.map(({ id }) => id).filter((id) => !tried.has(id)),
      [],
    )
  })

  test('lets any pod pass that can be made safe', () => {
    fc.assert(fc.property(pods, (pod) => assert.deepEqual(podFaults(inject(pod), CONTEXT), [])))
  })

  test('says the same whatever the order of members', () => {
    const pod = inject(agentPod({ securityContext: { privileged: true }, ports: [{ containerPort: 15001 }] }))
    const sorted = readPod(JSON.parse(canonicalJson(pod)))
    assert.deepEqual(podFaults(sorted, CONTEXT), podFaults(pod, CONTEXT))
  })
})
