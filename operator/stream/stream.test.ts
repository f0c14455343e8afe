// Both ends of the stream, over real TLS.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { connect } from 'node:tls'
import { frame } from '#contracts/control/frames.ts'
import type { FromOperator, Hello, PodIdentity, Snapshot } from '#contracts/control/messages.ts'
import { freePort } from '#e2e/free-port.ts'
import { Backoff } from '#sidecar/control/backoff.ts'
import { OperatorStream } from '#sidecar/control/operator-stream.ts'
import { makeAuthority, makeLeaf } from '#sidecar/net/certificate.ts'
import type { Attestation } from './attest.ts'
import { type GatewayEvents, Gateways, type SnapshotSource } from './gateways.ts'
import { StreamServer } from './server.ts'
import { termsOf } from './welcome.ts'

const validity = { from: new Date(Date.now() - 3_600_000), to: new Date(Date.now() + 86_400_000) }
const ca = makeAuthority('operator CA', validity)
const leaf = makeLeaf(ca, ['operator.test'], validity)
const own = makeAuthority('gateway', validity)

const identity: PodIdentity = {
  namespace: 'agents',
  serviceAccount: 'analyst',
  pod: 'analyst-1',
  podUid: 'uid-1',
  labels: {},
  namespaceLabels: {},
}

function snapshot(version: string): Snapshot {
  return {
    type: 'snapshot',
    version,
    agent: identity,
    connections: [],
    accessPolicies: [],
    clusterAccessPolicies: [],
    identityProviders: [],
    secrets: [],
    configMaps: [],
    invalidPolicies: {},
    connectionProblems: {},
    endpoints: [],
    nameServers: [],
    clusterDomain: 'cluster.local',
  }
}

/** Snapshots that the test sets. */
class Source implements SnapshotSource {
  current: Snapshot | undefined
  #listener: ((pods: Iterable<string>) => void) | undefined
  of = () => this.current
  onChange(listener: (pods: Iterable<string>) => void): () => void {
    this.#listener = listener
    return () => undefined
  }
  set(next: Snapshot): void {
    this.current = next
    this.#listener?.(['agents/analyst-1'])
  }
}

const ACCEPT: Attestation = { accepted: true, identity, pinnedAnew: false }

interface Stage {
  readonly source: Source
  readonly gateways: Gateways
  readonly port: number
  readonly refusals: string[]
  /** What the operator's side was told to do with the next claims. */
  answer: Attestation
  readonly claims: { readonly token: string; readonly fingerprint: string }[]
  dial(changes?: Partial<Hello>): Promise<Gateway>
}

interface Gateway {
  readonly stream: OperatorStream
  /** The next message of that type. */
  next<T extends FromOperator['type']>(type: T): Promise<FromOperator & { readonly type: T }>
  lost(): Promise<string>
}

async function stage(run: (stage: Stage) => Promise<void>, events: GatewayEvents = {}): Promise<void> {
  const source = new Source()
  const gateways = new Gateways(source, events)
  const refusals: string[] = []
  const open: OperatorStream[] = []
  const installation = { hash: Buffer.alloc(32, 1), tokenize: Buffer.alloc(32, 2) }
  const server = new StreamServer({
    certificate: { cert: leaf.certificate, key: leaf.key },
    gateways,
    terms: termsOf({ maskingKeys: installation, staleSeconds: 900, extraCas: [] }),
    attester: {
      attest: async (claim) => {
        all.claims.push(claim)
        return all.answer
      },
    },
    log: { attested: () => undefined, ended: () => undefined, refused: (_from, reason) => refusals.push(reason) },
  })
  const port = await server.listen(0, '127.0.0.1')
  const all: Stage = {
    source,
    gateways,
    port,
    refusals,
    answer: ACCEPT,
    claims: [],
    dial: async (changes = {}) => {
      const gateway = dial(port, changes)
      open.push(gateway.stream)
      return gateway
    },
  }
  try {
    await run(all)
  } finally {
    for (const stream of open) stream.stop()
    await server.close('the test is over')
  }
}

/** What is told, to be waited for in order. */
function counted<T>(): { tell(value: T): void; next(): Promise<T> } {
  const values: T[] = []
  const waiting: ((value: T) => void)[] = []
  return {
    tell(value) {
      const next = waiting.shift()
      if (next) next(value)
      else values.push(value)
    },
    next: () => new Promise((resolve) => (values.length > 0 ? resolve(values.shift() as T) : waiting.push(resolve))),
  }
}

function dial(port: number, changes: Partial<Hello>): Gateway {
  const waiting: { readonly type: string; readonly resolve: (message: FromOperator) => void }[] = []
  const come: FromOperator[] = []
  const losses: string[] = []
  const losers: ((reason: string) => void)[] = []
  const stream = new OperatorStream(
    {
      place: { address: '127.0.0.1', port, name: 'operator.test', ca: ca.certificate },
      certificate: own.certificate,
      key: own.key,
      hello: async () => ({ type: 'hello', protocol: 1, token: 't', version: '0', recordingKey: 'k', ...changes }),
      backoff: new Backoff({ firstMs: 10, mostMs: 50 }),
    },
    {
      message(message) {
        const at = waiting.findIndex(({ type }) => type === message.type)
        if (at >= 0) waiting.splice(at, 1)[0]?.resolve(message)
        else come.push(message)
      },
      lost(reason) {
        const loser = losers.shift()
        if (loser) loser(reason)
        else losses.push(reason)
      },
    },
  )
  stream.start()
  return {
    stream,
    next: <T extends FromOperator['type']>(type: T) =>
      new Promise<FromOperator & { readonly type: T }>((resolve) => {
        const matching = (message: FromOperator) => resolve(message as FromOperator & { readonly type: T })
        const at = come.findIndex((message) => message.type === type)
        const [found] = at >= 0 ? come.splice(at, 1) : []
        if (found) matching(found)
        else waiting.push({ type, resolve: matching })
      }),
    lost: async () => losses.shift() ?? (await new Promise((resolve) => losers.push(resolve))),
  }
}

test('an attested gateway is welcomed, gets its snapshot and each one after it, and acknowledges', async () => {
  const told = counted<string | undefined>()
  await stage(
    async ({ source, dial }) => {
      source.current = snapshot('v1')
      const gateway = await dial()
      const welcome = await gateway.next('welcome')
      assert.deepEqual(welcome.agent, identity)
      assert.equal(welcome.maskingKeys.hash, Buffer.alloc(32, 1).toString('base64'))
      for (const version of ['v1', 'v2']) {
        if (version !== 'v1') source.set(snapshot(version))
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
    source.current = snapshot('v1')
    const gateway = await dial()
    await gateway.next('snapshot')
    source.set(snapshot('v1'))
    source.set(snapshot('v2'))
    assert.equal((await gateway.next('snapshot')).version, 'v2')
  })
})

test('an answer to an older snapshot does not count for the newer one', async () => {
  const told = counted<string>()
  await stage(
    async ({ source, gateways, dial }) => {
      source.current = snapshot('v1')
      const gateway = await dial()
      await gateway.next('snapshot')
      source.set(snapshot('v2'))
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

test('who is not attested is told why, gets nothing, and may come again', async () => {
  await stage(async (all) => {
    all.source.current = snapshot('secret')
    all.answer = { accepted: false, reason: 'the pod is gone', final: false }
    const gateway = await all.dial()
    assert.deepEqual(await gateway.next('refusal'), { type: 'refusal', reason: 'the pod is gone', final: false })
    assert.equal(await gateway.lost(), 'the pod is gone')
    assert.equal(all.gateways.size, 0)
    all.answer = ACCEPT
    await gateway.next('snapshot')
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

test('another version of the stream is refused for good', async () => {
  await stage(async ({ dial, refusals }) => {
    const { final } = await (await dial({ protocol: 2 })).next('refusal')
    assert.equal(final, true)
    assert.match(refusals[0] ?? '', /version is 1, not 2/)
  })
})

test('after a welcome the operator is found again when it was away', async () => {
  const source = new Source()
  const own = () => new Gateways(source)
  source.current = snapshot('v1')
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
