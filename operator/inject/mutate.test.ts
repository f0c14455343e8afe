import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { OUR_CONTAINERS, OUR_VOLUMES, RESOLVER_ADDRESS, TRUST_PATH, TRUST_VOLUME } from '#contracts/pod/names.ts'
import { mutatePod } from './mutate.ts'
import { type Container, type Pod, readPod, startedContainers } from './pod.ts'
import { renderingOf } from './seal.ts'
import { API_TOKEN_MOUNT, API_TOKEN_VOLUME, agentPod, FACTS, GATEWAY_UID, INJECTION, SETTINGS } from './testdata.ts'

function mutate(pod: Pod): Pod {
  return mutatePod(pod, FACTS, INJECTION)
}

function _authors(pod: Pod): readonly Container[] {
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

test('what is not a pod is refused with the place', () => {
  assert.throws(() => readPod({ metadata: {}, spec: { containers: [{ name: 1 }] } }), {
    name: 'PodError',
    message: /\/spec\/containers\/0\/name must be string/,
  })
  assert.throws(() => readPod(null), { name: 'PodError' })
})

/** The same document, with the members of every object in the opposite order. */
