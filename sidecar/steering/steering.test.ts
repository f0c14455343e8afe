import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { SteeredEndpoint } from '#contracts/control/messages.ts'
import { ruleset, rulesFor } from '#sidecar/containment/rules.ts'
import {
  AGENT_UID,
  GATEWAY_UID,
  noNamespaces,
  OUTSIDE,
  type Serving,
  TwoNamespaces,
} from '#sidecar/containment/testing/two-namespaces.ts'
import { EndpointAddresses } from './addresses.ts'

const endpoint = (host: string, port: number, ...addresses: string[]): SteeredEndpoint => ({
  host,
  port,
  connections: ['data/one'],
  addresses,
})
const ENDPOINTS = [
  endpoint('orders-db.data.svc', 5432, '10.99.7.7', 'fd99::7:7'),
  endpoint('orders-db.data.svc', 6432),
  endpoint('cache.agents.svc.cluster.local', 6379),
  endpoint('*.db.data.svc', 5432),
  endpoint('db.example.com', 5432),
  endpoint('10.99.8.8', 22),
]
/** Of the stand-in in testing/gateway.ts. */
const STAND_IN = '10.99.6.6'
const SNAPSHOT = { agent: { namespace: 'agents' }, endpoints: ENDPOINTS, clusterDomain: 'cluster.local' }
const RESOLV_CONF =
  'nameserver 127.77.0.53\nsearch agents.svc.cluster.local svc.cluster.local cluster.local\noptions ndots:5\n'

/** Given in the same order as by the gateway. */
const expected = new EndpointAddresses()
const ADDRESS = Object.fromEntries(
  ['orders-db.data.svc', 'cache.agents.svc', 'db.example.com', 'registry.system.svc', 'pg-0.db.data.svc'].map(
    (host) => [host, expected.assign(host) ?? ''],
  ),
)
const NAMES: Readonly<Record<string, string>> = {
  'orders-db.data.svc': ADDRESS['orders-db.data.svc'] ?? '',
  'orders-db.data.svc.cluster.local': ADDRESS['orders-db.data.svc'] ?? '',
  'orders-db.data': ADDRESS['orders-db.data.svc'] ?? '',
  'ORDERS-db.Data.svc': ADDRESS['orders-db.data.svc'] ?? '',
  cache: ADDRESS['cache.agents.svc'] ?? '',
  'cache.agents': ADDRESS['cache.agents.svc'] ?? '',
  'db.example.com': ADDRESS['db.example.com'] ?? '',
  'pg-0.db.data.svc': ADDRESS['pg-0.db.data.svc'] ?? '',
  'registry.system': ADDRESS['registry.system.svc'] ?? '',
  'db.data.svc': 'none',
  'a.b.db.data.svc': 'none',
  'orders-db': 'none',
  'evil.example.net': 'none',
}

const skip = noNamespaces() ?? false

function missing(program: string): string | false {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' })
    return false
  } catch {
    return `needs ${program}`
  }
}

describe('in a pod’s network namespace, with its packet filter', { skip }, () => {
  let net: TwoNamespaces
  let gateway: Serving
  let outside: Serving
  let folder = ''

  before(async () => {
    net = new TwoNamespaces()
    folder = mkdtempSync(join(tmpdir(), 'sallyport-clients-'))
    chmodSync(folder, 0o755)
    net.writeResolvConf(RESOLV_CONF)
    net.load(net.pod, ruleset(rulesFor({ gatewayUid: GATEWAY_UID, openPorts: [] })))
    outside = await net.serve(net.outside, 0, `tcp,${OUTSIDE.v4},443`)
    const program = new URL('./testing/gateway.ts', import.meta.url).pathname
    gateway = await net.start(net.pod, GATEWAY_UID, process.execPath, '--disable-warning=ExperimentalWarning', program)
    assert.deepEqual(await apply(SNAPSHOT), { applied: [] })
  })
  after(async () => {
    await gateway?.stop()
    await outside?.stop()
    net?.remove()
    rmSync(folder, { recursive: true })
  })

  const apply = async (snapshot: unknown): Promise<unknown> => {
    gateway.child.stdin.write(`${JSON.stringify(snapshot)}\n`)
    return JSON.parse(await gateway.said((line) => line.includes('"applied"')))
  }
  const dial = (...args: readonly string[]): Promise<string> => net.attempt(AGENT_UID, 'tcp', ...args)

  describe('a dial comes to its endpoint', () => {
    const { 'orders-db.data.svc': orders = '', 'db.example.com': external = '' } = ADDRESS
    const CASES: Readonly<Record<string, readonly [string, string, string]>> = {
      'by the host’s own address': [orders, '5432', 'orders-db.data.svc:5432 as orders-db.data.svc'],
      'by another port of the host': [orders, '6432', 'orders-db.data.svc:6432 as orders-db.data.svc'],
      'by an address outside of the cluster’s names': [external, '5432', 'db.example.com:5432 as db.example.com'],
      'by an address that stands for it': ['10.99.7.7', '5432', 'orders-db.data.svc:5432 as 10.99.7.7'],
      'by such an address in IPv6’s clothes': ['::ffff:10.99.7.7', '5432', 'orders-db.data.svc:5432 as 10.99.7.7'],
      'by such an address of IPv6': ['fd99::7:7', '5432', 'orders-db.data.svc:5432 as fd99::7:7'],
      'by its address, where that is all it has': ['10.99.8.8', '22', '10.99.8.8:22 as 10.99.8.8'],
    }
    for (const [name, [address, port, answer]] of Object.entries(CASES))
      test(name, async () => assert.equal(await dial(address, port), answer))
  })

  describe('a dial of anything else is reset, and told with who it was', () => {
    const { 'orders-db.data.svc': orders = '' } = ADDRESS
    const CASES: Readonly<Record<string, readonly [string, string]>> = {
      'a port that the host has not': [orders, '22'],
      'the steered port itself': [orders, '15006'],
      'an address that stands for the host, at another port': ['10.99.7.7', '6432'],
      'an address outside': [OUTSIDE.v4, '443'],
      'an address outside of IPv6': [OUTSIDE.v6, '443'],
      metadata: ['169.254.169.254', '80'],
      'the catch-all itself': ['127.0.0.1', '15001'],
    }
    for (const [name, [address, port]] of Object.entries(CASES))
      test(name, async () => {
        const told = gateway.said((line) => line.includes('"reset"'))
        assert.match(await dial(address, port), /^(ECONNRESET|closed)$/)
        assert.deepEqual(JSON.parse(await told), { reset: { address, port: Number(port), uid: AGENT_UID } })
      })

    test('where a stand-in answers for the place it is answered, by name and by address, and told all the same', async () => {
      for (const address of [ADDRESS['registry.system.svc'] ?? '', STAND_IN, `::ffff:${STAND_IN}`]) {
        for (const [port, answer] of [['443', /^a stand-in$/] as const, ['444', /^(ECONNRESET|closed)$/] as const]) {
          const told = gateway.said((line) => line.includes('"reset"'))
          assert.match(await dial(address, port), answer)
          const place = { address: address.replace('::ffff:', ''), port: Number(port) }
          assert.deepEqual(JSON.parse(await told), { reset: { ...place, uid: AGENT_UID } })
        }
      }
    })

    test('a stand-in gives way to an endpoint of its place', async () => {
      const endpoints = [...ENDPOINTS, endpoint('registry.system.svc', 443, STAND_IN)]
      assert.deepEqual(await apply({ ...SNAPSHOT, endpoints }), { applied: [] })
      for (const address of [ADDRESS['registry.system.svc'] ?? '', STAND_IN])
        assert.match(await dial(address, '443'), /^registry\.system\.svc:443 as /)
      assert.deepEqual(await apply(SNAPSHOT), { applied: [] })
    })

    test('an address that no host has', async () => {
      assert.equal(await dial('127.77.200.200', '5432'), 'ECONNREFUSED')
    })
  })

  test('what the client sends at once is not lost', async () => {
    assert.match(
      await net.attempt(AGENT_UID, 'tell', ADDRESS['orders-db.data.svc'] ?? '', '5432', 'hello'),
      /^orders-db\.data\.svc:5432 as orders-db\.data\.svc\s+heard hello$/,
    )
  })

  test('many that come together each come to their own', async () => {
    const { 'orders-db.data.svc': orders = '' } = ADDRESS
    const said = await net.attempt(AGENT_UID, 'crowd', '200', orders, '5432', orders, '6432', '10.99.7.7', '5432')
    assert.equal(said, 'orders-db.data.svc:5432=200 orders-db.data.svc:6432=200 orders-db.data.svc:5432=200')
  })

  test('of two that leave from one port neither comes to the other’s', async () => {
    const { 'orders-db.data.svc': orders = '' } = ADDRESS
    // After rewriting both would look the same, so the kernel gives one of them another port, and it has no row.
    const byName = await net.attempt(AGENT_UID, 'twins', orders, '5432', orders, '6432')
    assert.match(
      byName,
      /^(orders-db\.data\.svc:5432|ECONNRESET|closed) (orders-db\.data\.svc:6432|ECONNRESET|closed)$/,
    )
    const byNumber = await net.attempt(AGENT_UID, 'twins', '10.99.7.7', '5432', '10.99.8.8', '22')
    assert.match(byNumber, /^(orders-db\.data\.svc:5432|ECONNRESET|closed) (10\.99\.8\.8:22|ECONNRESET|closed)$/)
  })

  describe('names are found by', () => {
    const answers = Object.entries(NAMES).map(([name, address]) => `${name} ${address}`)
    const find = async (...command: readonly string[]): Promise<readonly string[]> =>
      (await net.program(net.pod, AGENT_UID, ...command, ...Object.keys(NAMES))).split('\n')

    const compiled = (compiler: string, name: string): string => {
      const program = join(folder, name)
      execFileSync(compiler, ['-o', program, new URL('../dns/testing/look-up.c', import.meta.url).pathname])
      return program
    }

    test('glibc', { skip: missing('gcc') }, async () => assert.deepEqual(await find(compiled('gcc', 'glibc')), answers))

    test('musl', { skip: missing('musl-gcc') }, async () => {
      assert.deepEqual(await find(compiled('musl-gcc', 'musl')), answers)
    })

    test('Go’s resolver', { skip: missing('go') }, async () => {
      const program = join(folder, 'go')
      const env = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-mod=mod', GOTOOLCHAIN: 'local' }
      execFileSync('go', ['build', '-o', program, new URL('../dns/testing/look-up.go', import.meta.url).pathname], {
        env,
      })
      assert.deepEqual(await find(program), answers)
    })

    test('Java', { skip: missing('javac') }, async () => {
      execFileSync('javac', ['-d', folder, new URL('../dns/testing/LookUp.java', import.meta.url).pathname])
      assert.deepEqual(await find('java', '-Xshare:auto', '-XX:TieredStopAtLevel=1', '-cp', folder, 'LookUp'), [
        ...answers,
        `jndi ${NAMES['orders-db.data.svc']}`,
      ])
    })

    test('c-ares, full names', async () => {
      const program = `const { Resolver } = require('node:dns/promises')
        const resolver = new Resolver()
        const ask = async () => {
          for (const name of process.argv.slice(1))
            console.log(name, await resolver.resolve4(name).then((all) => all.join(' '), (error) => error.code))
        }
        ask()`
      const names = ['orders-db.data.svc.cluster.local', 'db.example.com', 'evil.example.net']
      const said = await net.program(net.pod, AGENT_UID, process.execPath, '-e', program, ...names)
      assert.deepEqual(said.split('\n'), [
        `orders-db.data.svc.cluster.local ${ADDRESS['orders-db.data.svc']}`,
        `db.example.com ${ADDRESS['db.example.com']}`,
        'evil.example.net ENOTFOUND',
      ])
    })

    describe('dig', { skip: missing('dig') }, () => {
      const dig = (...args: readonly string[]): Promise<string> =>
        net.program(net.pod, AGENT_UID, 'dig', '+tries=1', ...args)

      test('T21 at any server, by UDP and TCP', async () => {
        for (const server of ['8.8.8.8', OUTSIDE.v6, '127.77.0.53'])
          for (const way of ['+notcp', '+tcp'])
            assert.equal(await dig(`@${server}`, way, '+short', 'db.example.com'), ADDRESS['db.example.com'])
      })

      test('T21 nothing of a query leaves the pod', async () => {
        const before = await net.arrived()
        assert.match(await dig('@8.8.8.8', 'secret.evil.example.net', 'TXT'), /status: NXDOMAIN/)
        assert.equal(await net.arrived(), before)
      })

      test('a name that is not there is blocked, with a reason', async () => {
        const said = await dig('evil.example.net')
        assert.match(said, /status: NXDOMAIN/)
        assert.match(said, /EDE: 15 \(Blocked\): \(no Connection that this agent may use has this name\)/)
        assert.match(said, /SOA\tgateway\.sallyport\.dev\./)
        assert.doesNotMatch(said, /WARNING|malformed/i)
      })

      for (const type of ['AAAA', 'HTTPS', 'SVCB', 'SRV', 'TXT', 'MX'])
        test(`${type} of an endpoint is empty`, async () => {
          const said = await dig('db.example.com', type)
          assert.match(said, /status: NOERROR.*\n.*ANSWER: 0, AUTHORITY: 1/)
        })

      test('ANY of an endpoint is its address', async () => {
        assert.match(
          await dig('db.example.com', 'ANY', '+notcp'),
          new RegExp(`ANSWER: 1[^]*\\sA\\t${ADDRESS['db.example.com']}`),
        )
      })

      test('an address has its name back', async () => {
        assert.equal(
          await dig('+short', '-x', ADDRESS['orders-db.data.svc'] ?? ''),
          'orders-db.data.svc.cluster.local.',
        )
        assert.match(await dig('-x', '8.8.8.8'), /status: NXDOMAIN/)
      })

      test('an asker of a later EDNS is told the version', async () => {
        assert.match(await dig('+edns=1', '+noednsneg', 'db.example.com'), /status: BADVERS/)
      })

      test('an asker without EDNS gets none', async () => {
        assert.doesNotMatch(await dig('+noedns', 'evil.example.net'), /OPT PSEUDOSECTION/)
      })
    })
  })

  test('endpoints that go away are not dialled any more, and those that stay keep their address', async () => {
    const orders = ADDRESS['orders-db.data.svc'] ?? ''
    assert.deepEqual(await apply({ ...SNAPSHOT, endpoints: [endpoint('orders-db.data.svc', 5432)] }), { applied: [] })
    assert.equal(await dial(ADDRESS['db.example.com'] ?? '', '5432'), 'ECONNREFUSED')
    assert.match(await dial(orders, '6432'), /^(ECONNRESET|closed)$/)
    assert.equal(await dial(orders, '5432'), 'orders-db.data.svc:5432 as orders-db.data.svc')
    assert.deepEqual(await apply(SNAPSHOT), { applied: [] })
    assert.equal(await dial(ADDRESS['db.example.com'] ?? '', '5432'), 'db.example.com:5432 as db.example.com')
  })

  test('T25 a program that sits on an endpoint’s address is reported', async () => {
    const address = expected.assign('later.example.com') ?? ''
    const squatter = await net.serve(net.pod, AGENT_UID, `tcp,${address},15006`)
    const endpoints = [...ENDPOINTS, endpoint('later.example.com', 443)]
    const { applied } = (await apply({ ...SNAPSHOT, endpoints })) as { readonly applied: readonly string[] }
    assert.match(applied[0] ?? '', new RegExp(`^later.example.com: cannot listen on ${address}:15006: .*in use`))
    await squatter.stop()
    assert.deepEqual(await apply({ ...SNAPSHOT, endpoints }), { applied: [] })
  })
})
