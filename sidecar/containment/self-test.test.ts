import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { ENVIRONMENT } from '#contracts/pod/names.ts'
import { defaultGateway, privileges, sentBytes } from './proc.ts'
import { ruleset, rulesFor } from './rules.ts'
import { AGENT_UID, GATEWAY_UID, noNamespaces, TwoNamespaces } from './testing/two-namespaces.ts'

test('what devices have sent is summed up without loopback', () => {
  const dev = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:   31415      93    0    0    0     0          0         0    31415      93    0    0    0     0       0          0
  eth0: 1000       10    0    0    0     0          0         0     700       7    0    0    0     0       0          0
net1:2000 20 0 0 0 0 0 0 50 1 0 0 0 0 0 0
`
  assert.equal(sentBytes(dev), 750)
})

test('the way to the node is the route to everywhere', () => {
  const head = 'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\n'
  const local = 'eth0\t0000F40A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n'
  assert.equal(
    defaultGateway(`${head}${local}eth0\t00000000\t0100F40A\t0003\t0\t0\t0\t00000000\t0\t0\t0\n`),
    '10.244.0.1',
  )
  assert.equal(defaultGateway(`${head}${local}`), undefined)
  assert.equal(defaultGateway(''), undefined)
})

test('privileges are read, and what is not said counts as there', () => {
  const none = ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'].map((name) => `${name}:\t0000000000000000`).join('\n')
  const strict = { capabilities: [], noNewPrivileges: true, seccomp: true }
  assert.deepEqual(privileges(`${none}\nNoNewPrivs:\t1\nSeccomp:\t2\n`), strict)
  assert.deepEqual(privileges(`${none.replace('CapBnd:\t0', 'CapBnd:\t2')}\nNoNewPrivs:\t0\nSeccomp:\t0\n`), {
    capabilities: ['CapBnd'],
    noNewPrivileges: false,
    seccomp: false,
  })
  assert.deepEqual(privileges('').capabilities.length, 5)
})

const skip = noNamespaces() ?? false

describe('in a network namespace', { skip }, () => {
  let net: TwoNamespaces
  before(() => {
    net = new TwoNamespaces()
  })
  after(() => net?.remove())

  const run = (uid: number): Promise<string> => {
    const entry = new URL('./run.ts', import.meta.url).href
    const program = `const { runSelfTest } = await import(process.argv[1])
      const code = await runSelfTest(process.env, { stdout: process.stdout, stderr: process.stdout })
      console.log('exit', code)`
    const node = [
      process.execPath,
      '--disable-warning=ExperimentalWarning',
      '--input-type=module',
      '-e',
      program,
      entry,
    ]
    return net.program(net.pod, uid, 'env', `${ENVIRONMENT.gatewayUid}=${GATEWAY_UID}`, ...node)
  }

  test('with the filter only what no filter gives is missing', async () => {
    net.load(net.pod, ruleset(rulesFor({ gatewayUid: GATEWAY_UID, openPorts: [] })))
    // Tests have no container runtime that would set a profile.
    const said = (await run(AGENT_UID)).split('\n').filter((line) => !line.startsWith('no seccomp profile'))
    assert.match(said.join('\n'), /^(exit 1|nothing gets out of this pod but through its gateway\nexit 0)$/)
  })

  test('T47 without the filter every way is named, and what it means', async () => {
    net.load(net.pod, 'table inet sallyport\ndelete table inet sallyport\n')
    const said = await run(AGENT_UID)
    for (const line of [
      /^TCP to 192\.0\.2\.1 port 443 was not stopped: /m,
      /^TCP to 10\.99\.0\.1 port 10250 was not stopped: |^UDP to 10\.99\.0\.1 was not stopped: it was sent$/m,
      /^UDP to 192\.0\.2\.1 was not stopped: it was sent$/m,
      /^UDP to 2001:db8::1 was not stopped: it was sent$/m,
      /^a DNS query to 192\.0\.2\.1 was not led to the pod's resolver/m,
      /^\d+ bytes have left the pod/m,
      /^the packet filter is not in force here: .*gVisor/m,
      /^exit 1$/m,
    ])
      assert.match(said, line)
  })

  test('T02 as root with its capabilities it says what is possible', async () => {
    net.load(net.pod, ruleset(rulesFor({ gatewayUid: GATEWAY_UID, openPorts: [] })))
    const said = await run(0)
    assert.match(said, /^this container could have capabilities \(.*CapEff.*\)/m)
    assert.match(said, /^this container can gain privileges/m)
    assert.match(said, /^a program of this pod can become the gateway/m)
    assert.match(said, /^exit 1$/m)
  })

  test('as the gateway it proves nothing, and says so', async () => {
    assert.match(await run(GATEWAY_UID), /^the self-test runs as the gateway.*\nexit 1$/)
  })
})
