// The cluster itself: what the scenarios take for granted works on it, and nothing is left of it afterwards.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { after, afterEach, before, describe, test } from 'node:test'
import { buildImage } from '#images/images.ts'
import { type Cluster, startCluster } from './cluster.ts'
import type { Place } from './place.ts'
import { agentPod, STEERED_POD } from './pods.ts'
import { whyNoCluster } from './prerequisites.ts'

const why = whyNoCluster()
// A suite that is skipped is in no count; a test is.
if (why !== undefined) test('a cluster on this machine', { skip: why })

describe('a cluster on this machine', { skip: why ?? false, concurrency: false }, () => {
  let cluster: Cluster
  let place: Place

  before(async () => {
    const archive = await buildImage('sallyport-e2e-agent')
    cluster = await startCluster({ say: console.error })
    if (cluster.place === undefined) throw new Error('a cluster of our own has a place')
    place = cluster.place
    await cluster.loadImage(archive)
  })
  afterEach((context) => {
    const failed = 'passed' in context && !context.passed
    if (failed && existsSync(dirname(cluster.kubeconfig))) console.error(`logs: ${cluster.keepLogs()}`)
  })
  after(() => cluster.stop()) // a second time does no harm

  const apply = (...manifests: readonly unknown[]) =>
    cluster.kubectl(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items: manifests }))
  const reached = (name: string, condition: string) =>
    cluster.kubectl(['wait', `--for=${condition}`, `pod/${name}`, '--timeout=240s'])

  test('a pod runs to its end and says what it said', async () => {
    await apply(agentPod('once', ['sh', '-c', 'echo I am $(id -u)'], { runAsUser: 1000 }))
    await reached('once', 'jsonpath={.status.phase}=Succeeded')
    assert.equal(await cluster.kubectl(['logs', 'once']), 'I am 1000\n')
  })

  test('a Service is reached by name from another pod, and the server sees the pod’s own address', async () => {
    const server = `require('node:http').createServer((q, r) => r.end(q.socket.remoteAddress)).listen(8080)`
    await apply(
      agentPod('server', ['node', '-e', server], {}, { app: 'server' }),
      agentPod('client', ['sleep', 'infinity']),
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'web' },
        spec: { selector: { app: 'server' }, ports: [{ port: 80, targetPort: 8080 }] },
      },
    )
    await Promise.all([reached('server', 'condition=Ready'), reached('client', 'condition=Ready')])
    const address = await cluster.kubectl(['get', 'pod', 'client', '-o', 'jsonpath={.status.podIP}'])
    const retry = [
      '--silent',
      '--show-error',
      '--retry',
      '20',
      '--retry-delay',
      '1',
      '--retry-all-errors',
      '--max-time',
      '5',
    ]
    for (const host of ['web', 'web.default.svc.cluster.local'])
      assert.equal(
        await cluster.kubectl(['exec', 'client', '--', 'curl', ...retry, `http://${host}`]),
        `::ffff:${address}`,
      )
  })

  test('names outside the cluster are those that a test gives, and no others exist', async () => {
    cluster.nameHost('models.example.com', place.machine)
    const look = (name: string) =>
      cluster.kubectl([
        'exec',
        'client',
        '--',
        'sh',
        '-c',
        `for n in $(seq 20); do getent hosts ${name} && exit; sleep 1; done`,
      ])
    assert.match(
      await look('models.example.com'),
      new RegExp(`^${place.machine.replaceAll('.', '\\.')}\\s+models\\.example\\.com`),
    )
    const asked = await cluster.kubectl(['exec', 'client', '--', 'dig', '+tries=1', 'other.example.com'])
    assert.match(asked, /status: NXDOMAIN/)
  })

  test('rules in a pod steer an agent’s connections to a native sidecar, and drop all others', async () => {
    await apply(STEERED_POD)
    await reached('steered', 'jsonpath={.status.phase}=Succeeded')
    assert.equal(
      await cluster.kubectl(['logs', 'steered', '-c', 'agent']),
      'steered: arrived at 127.77.0.9:15006\nany other: ECONNREFUSED\nUDP: EPERM\n',
    )
  })

  test('containers run on while the node’s processes start again', async () => {
    const started = () =>
      cluster.kubectl(['get', 'pod', 'client', '-o', 'jsonpath={.status.containerStatuses[0].state.running.startedAt}'])
    const before = await started()
    await cluster.restartNode()
    assert.equal(await cluster.kubectl(['exec', 'client', '--', 'echo', 'here']), 'here\n')
    assert.equal(await started(), before)
  })

  test('nothing is left of it', async () => {
    const directory = dirname(cluster.kubeconfig)
    await cluster.stop()
    const commands = globSync('/proc/[0-9]*/cmdline').map(commandLine)
    assert.deepEqual(
      commands.filter((command) => command.includes(directory)),
      [],
    )
    assert.deepEqual(
      readFileSync('/proc/self/mounts', 'utf8')
        .split('\n')
        .filter((mount) => mount.includes(directory)),
      [],
    )
    assert.deepEqual(globSync(`/sys/fs/cgroup/{,*/}${place.device}`), [])
    assert.doesNotMatch(execFileSync('ip', ['link']).toString(), new RegExp(`\\b${place.device}\\b`))
    assert.doesNotMatch(execFileSync('ip', ['route']).toString(), new RegExp(place.podNetwork))
    assert.equal(existsSync(directory), false)
  })
})

function commandLine(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return '' // it ended meanwhile
  }
}
