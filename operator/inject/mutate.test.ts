import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { OUR_CONTAINERS, OUR_VOLUMES, RESOLVER_ADDRESS, TRUST_PATH, TRUST_VOLUME } from '#contracts/pod/names.ts'
import { canonicalJson, isJsonObject } from './json.ts'
import { mutatePod } from './mutate.ts'
import { type Container, type Pod, readPod, startedContainers } from './pod.ts'
import { isSealed, renderingOf } from './seal.ts'
import {
  API_TOKEN_MOUNT,
  API_TOKEN_VOLUME,
  agentPod,
  FACTS,
  GATEWAY_UID,
  INJECTION,
  pods,
  SETTINGS,
} from './testdata.ts'

function mutate(pod: Pod): Pod {
  return mutatePod(pod, FACTS, INJECTION)
}

function authors(pod: Pod): readonly Container[] {
  return startedContainers(pod).filter(({ name }) => !OUR_CONTAINERS.includes(name))
}

function first(pod: Pod): Container {
  const [container] = pod.spec.containers
  assert.ok(container)
  return container
}

describe('the parts that are injected', () => {
  const pod = mutate(agentPod({}, { initContainers: [{ name: 'migrate', image: 'agent:1' }] }))
  const [rules, selfTest, gateway] = pod.spec.initContainers ?? []

  test('T22: the three come first and in order, before the author’s', () => {
    assert.deepEqual(
      pod.spec.initContainers?.map(({ name }) => name),
      [...OUR_CONTAINERS, 'migrate'],
    )
  })

  test('only the rules container has a capability, and just one', () => {
    assert.deepEqual(rules?.securityContext?.capabilities, { add: ['NET_ADMIN'], drop: ['ALL'] })
    assert.deepEqual(selfTest?.securityContext?.capabilities, { drop: ['ALL'] })
    assert.deepEqual(gateway?.securityContext?.capabilities, { drop: ['ALL'] })
  })

  test('T01: the gateway runs as the user that was drawn, the self-test as another one', () => {
    assert.equal(gateway?.securityContext?.runAsUser, GATEWAY_UID)
    assert.notEqual(selfTest?.securityContext?.runAsUser, GATEWAY_UID)
    assert.notEqual(selfTest?.securityContext?.runAsUser, 0)
  })

  test('T01: a user that the author wrote into a container of our name is not kept', () => {
    const forged = agentPod({}, { initContainers: [{ ...gateway, securityContext: { runAsUser: 1_200_000_000 } }] })
    assert.equal(mutate(forged).spec.initContainers?.[2]?.securityContext?.runAsUser, GATEWAY_UID)
  })

  test('T50: the gateway is a native sidecar, and what follows waits for its start-up probe', () => {
    assert.equal(gateway?.restartPolicy, 'Always')
    assert.equal(rules?.restartPolicy, undefined)
    assert.deepEqual(gateway?.startupProbe?.httpGet, { path: '/started', port: 15020, scheme: 'HTTP' })
  })

  test('T41: the token with our audience is mounted in the gateway alone', () => {
    const holders = startedContainers(pod).filter(({ volumeMounts = [] }) =>
      volumeMounts.some(({ name }) => name === 'sallyport-token'),
    )
    assert.deepEqual(
      holders.map(({ name }) => name),
      ['sallyport-gateway'],
    )
  })

  test('T29: the rules learn which ports are served: declared ones and probed ones', () => {
    const serving = mutate(
      agentPod({
        ports: [{ containerPort: 8080 }, { containerPort: 53, protocol: 'UDP' }, { containerPort: 8080 }],
        livenessProbe: { httpGet: { port: 9000, path: '/' } },
        readinessProbe: { httpGet: { port: 'named', path: '/' } },
      }),
    )
    assert.deepEqual(serving.spec.initContainers?.[0]?.env?.[1], {
      name: 'SALLYPORT_INBOUND_PORTS',
      value: '53/udp,8080/tcp,9000/tcp',
    })
  })

  test('pull secrets are added to the author’s, once', () => {
    const names = mutate(agentPod({}, { imagePullSecrets: [{ name: 'own' }] })).spec.imagePullSecrets
    assert.deepEqual(names, [{ name: 'own' }, { name: 'registry-login' }])
  })

  test('another setting is another rendering', () => {
    assert.notEqual(renderingOf(SETTINGS), renderingOf({ ...SETTINGS, image: 'registry.example/sallyport-sidecar:2' }))
    assert.notEqual(renderingOf(SETTINGS), renderingOf({ ...SETTINGS, tokenSeconds: 900 }))
  })
})

describe('the author’s containers', () => {
  test('T02, T06, T08: lose every capability, cannot gain one, and are filtered by seccomp', () => {
    assert.deepEqual(first(mutate(agentPod())).securityContext, {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      seccompProfile: { type: 'RuntimeDefault' },
    })
  })

  test('a Localhost profile stays, of the container or of the pod', () => {
    const seccompProfile = { type: 'Localhost', localhostProfile: 'agent.json' }
    assert.deepEqual(first(mutate(agentPod({ securityContext: { seccompProfile } }))).securityContext?.seccompProfile, {
      ...seccompProfile,
    })
    const ofPod = mutate(agentPod({}, { securityContext: { seccompProfile } }))
    assert.equal(first(ofPod).securityContext?.seccompProfile, undefined)
  })

  test('no user is forced on them', () => {
    assert.equal(first(mutate(agentPod())).securityContext?.runAsUser, undefined)
    const root = mutate(agentPod({ securityContext: { runAsUser: 0 } }))
    assert.equal(first(root).securityContext?.runAsUser, 0)
  })

  test('T40: the API token that the built-in plugin mounted gives way to one without worth, and nothing else does', () => {
    const own = { name: 'settings', mountPath: '/settings' }
    const pod = mutate(
      agentPod(
        { volumeMounts: [own, API_TOKEN_MOUNT] },
        { volumes: [{ name: 'settings', configMap: { name: 'settings' } }, API_TOKEN_VOLUME] },
      ),
    )
    assert.equal(pod.spec.automountServiceAccountToken, false)
    assert.deepEqual(
      pod.spec.volumes?.map(({ name }) => name),
      ['settings', ...OUR_VOLUMES],
    )
    const access = { name: TRUST_VOLUME, mountPath: API_TOKEN_MOUNT.mountPath, subPath: 'api-access', readOnly: true }
    const trust = { name: TRUST_VOLUME, mountPath: TRUST_PATH, readOnly: true }
    assert.deepEqual(first(pod).volumeMounts, [own, access, trust])
  })

  test('T40: where no token was mounted none is stood in for', () => {
    const pod = mutate(agentPod({ volumeMounts: [] }, { volumes: [] }))
    assert.deepEqual(first(pod).volumeMounts, [{ name: TRUST_VOLUME, mountPath: TRUST_PATH, readOnly: true }])
  })

  test('trust: the bundle is mounted read-only and announced, but variables of the author’s stay', () => {
    const container = first(mutate(agentPod({ env: [{ name: 'SSL_CERT_FILE', value: '/own.pem' }] })))
    const value = (name: string): unknown => container.env?.filter((it) => it.name === name).map((it) => it.value)
    assert.deepEqual(value('SSL_CERT_FILE'), ['/own.pem'])
    assert.deepEqual(value('PGSSLROOTCERT'), [`${TRUST_PATH}/ca-bundle.crt`])
    assert.deepEqual(container.volumeMounts?.at(-1), { name: TRUST_VOLUME, mountPath: TRUST_PATH, readOnly: true })
  })

  const STORE =
    '-Djavax.net.ssl.trustStore=/etc/sallyport/trust/ca-bundle.p12 -Djavax.net.ssl.trustStoreType=PKCS12 -Djavax.net.ssl.trustStorePassword=changeit'
  const JAVA: Readonly<Record<string, readonly [object, object]>> = {
    none: [{}, { value: STORE }],
    'an empty one': [{ value: '' }, { value: STORE }],
    'options of another kind': [{ value: '-Xmx1g -Dx=$(X)' }, { value: `-Xmx1g -Dx=$(X) ${STORE}` }],
    'a store of their own': [
      { value: '-Djavax.net.ssl.trustStore=/own.jks' },
      { value: '-Djavax.net.ssl.trustStore=/own.jks' },
    ],
    'options from elsewhere': [
      { valueFrom: { configMapKeyRef: { name: 'java', key: 'options' } } },
      { valueFrom: { configMapKeyRef: { name: 'java', key: 'options' } } },
    ],
  }
  for (const [title, [own, expected]] of Object.entries(JAVA))
    test(`trust: Java’s store is announced where the author gave ${title}`, () => {
      const name = 'JAVA_TOOL_OPTIONS'
      const env = title === 'none' ? [] : [{ name, ...own }]
      const container = first(mutate(agentPod({ env })))
      assert.deepEqual(
        container.env?.filter((it) => it.name === name),
        [{ name, ...expected }],
      )
    })

  test('trust: Java’s store is not announced where the installation says so', () => {
    const settings = { ...INJECTION.settings, javaTrustStore: false }
    const env = [{ name: 'JAVA_TOOL_OPTIONS', value: '-Xmx1g' }]
    const pod = mutatePod(agentPod({ env }), FACTS, { ...INJECTION, settings })
    assert.deepEqual(first(pod).env?.[0], env[0])
    assert.doesNotMatch(JSON.stringify(pod), /trustStore/)
  })

  test('trust: files that connection strings name are mounted over, unless the author mounts one there', () => {
    const trustFiles = ['/etc/ssl/orders.pem', '/etc/ssl/own.pem']
    const pod = mutatePod(
      agentPod({ volumeMounts: [{ name: 'own', mountPath: '/etc/ssl/own.pem' }] }),
      { ...FACTS, trustFiles },
      INJECTION,
    )
    assert.deepEqual(first(pod).volumeMounts, [
      { name: 'own', mountPath: '/etc/ssl/own.pem' },
      { name: TRUST_VOLUME, mountPath: TRUST_PATH, readOnly: true },
      { name: TRUST_VOLUME, mountPath: '/etc/ssl/orders.pem', subPath: 'ca-bundle.crt', readOnly: true },
    ])
  })

  test('T59: the opt-outs that meshes document are set, an author’s own word on it stays', () => {
    const { labels, annotations } = mutate(
      agentPod({}, {}, { annotations: { 'sallyport.dev/inject': 'true', 'linkerd.io/inject': 'enabled' } }),
    ).metadata
    assert.equal(labels?.['sidecar.istio.io/inject'], 'false')
    assert.equal(annotations?.['linkerd.io/inject'], 'enabled')
  })
})

const resolvers: Readonly<Record<string, { spec: object; expected: object }>> = {
  'as the kubelet would have it for ClusterFirst': {
    spec: { dnsPolicy: 'ClusterFirst' },
    expected: {
      nameservers: [RESOLVER_ADDRESS],
      searches: ['agents.svc.cluster.local', 'svc.cluster.local', 'cluster.local'],
      options: [{ name: 'ndots', value: '5' }],
    },
  },
  'the author’s search domains and options are kept, the name servers are not': {
    spec: {
      dnsConfig: {
        nameservers: ['192.0.2.53'],
        searches: ['corp.example'],
        options: [{ name: 'ndots', value: '1' }, { name: 'edns0' }],
      },
    },
    expected: {
      nameservers: [RESOLVER_ADDRESS],
      searches: ['agents.svc.cluster.local', 'svc.cluster.local', 'cluster.local', 'corp.example'],
      options: [{ name: 'ndots', value: '1' }, { name: 'edns0' }],
    },
  },
  'with None only what the author wrote': {
    spec: { dnsPolicy: 'None', dnsConfig: { nameservers: ['192.0.2.53'], searches: ['corp.example'] } },
    expected: { nameservers: [RESOLVER_ADDRESS], searches: ['corp.example'] },
  },
}

describe('T21: the resolver', () => {
  for (const [title, { spec, expected }] of Object.entries(resolvers)) {
    test(title, () => {
      const pod = mutate(agentPod({}, spec))
      assert.equal(pod.spec.dnsPolicy, 'None')
      assert.deepEqual(pod.spec.dnsConfig, expected)
    })
  }
})

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

test('what is not a pod is refused with the place', () => {
  assert.throws(() => readPod({ metadata: {}, spec: { containers: [{ name: 1 }] } }), {
    name: 'PodError',
    message: /\/spec\/containers\/0\/name must be string/,
  })
  assert.throws(() => readPod(null), { name: 'PodError' })
})

/** The same document, with the members of every object in the opposite order. */
function turned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(turned)
  if (!isJsonObject(value)) return value
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
  } else if (isJsonObject(value)) {
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
