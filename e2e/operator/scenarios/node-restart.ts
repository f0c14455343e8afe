// The node's own processes start anew, as in an update of the node: pods run on, sessions too, and nothing gets out meanwhile.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { whyNoNode } from '../../cluster/current.ts'
import { gatewayProcess } from '../processes.ts'
import type { Stage } from '../stage.ts'
import { NOWHERE } from '../threats/pods.ts'
import { type Witness, watchPods } from '../threats/witness.ts'
import { part, pod, podsReady } from './agents.ts'

const POD = { namespace: 'agents', name: 'steadfast' }
const OF = `pod/${POD.name}`

/** In one session for all its life, and beside it by every way that there could be round the gateway. */
const WORK = `
import os, psycopg2, socket
def work():
    c = psycopg2.connect('host=orders-db.data.svc dbname=orders user=anyone'); c.autocommit = True
    return c.cursor()
def stray(kind, place):
    s = socket.socket(socket.AF_INET, kind); s.settimeout(0.05)
    try:
        s.connect(place); s.send(b'x')
    except OSError: pass
    s.close()
session, done = work(), 0
while True:
    try: session.execute('select count(*) from customers')
    except psycopg2.Error: # a gateway on an overloaded machine may not know the catalog for a moment
        if session.connection.closed: raise
        continue
    for place in (('${NOWHERE}', 443), (os.environ['DATABASE'], 5432)):
        stray(socket.SOCK_STREAM, place); stray(socket.SOCK_DGRAM, place)
    done += 1
    if done % 10 == 0: print('done', done, flush=True)
`

export function nodeRestart(stage: () => Stage): void {
  describe('containerd and the kubelet start anew', { skip: whyNoNode() ?? false }, () => {
    let witness: Witness
    let database: string
    /** How often so far; undefined where the kubelet does not say. */
    const done = async (): Promise<number | undefined> => {
      const { out } = await stage().tryKubectl('logs', '-n', POD.namespace, POD.name, '-c', 'agent', '--tail=1')
      return Number(/done (\d+)/.exec(out)?.[1] ?? Number.NaN) || undefined
    }
    const further = async (by: number): Promise<void> => {
      const from = await stage().until('the agent’s word', done)
      await stage().until('the agent to work on', async () => ((await done()) ?? 0) >= from + by)
    }

    before(async () => {
      witness = await watchPods(stage().cluster)
      const labelled = ['-l', 'app=orders-db', '-o', 'jsonpath={.items[0].status.podIP}']
      database = await stage().kubectl('get', 'pods', '-n', 'data', ...labelled)
      const env = [{ name: 'DATABASE', value: database }]
      await stage().apply([pod(POD.name, { container: { env, command: ['python3', '-u', '-c', WORK] } })])
      await podsReady(stage(), POD.name)
    })
    after(async () => {
      await stage().remove('pod', '-n', POD.namespace, POD.name, '--wait=false')
      await witness.stop()
    })

    test('an agent’s session goes on, the packet filter is as it was, and nobody gets round it', async () => {
      await further(10)
      const [containers, rules] = [await containersOf(stage()), await packetFilter(stage())]
      assert.match(rules, /15006/)
      await stage().cluster.restartNode()
      await further(10)
      assert.equal(await containersOf(stage()), containers, 'nothing of the pod was started again')
      assert.equal(await packetFilter(stage()), rules)
      const left = await witness.leftFrom(await part(stage(), OF, '{.status.podIP}'))
      assert.ok(left.length > 0, 'the witness saw the gateway’s own connections')
      assert.deepEqual(
        left.filter((place) => place.startsWith(NOWHERE) || place.startsWith(database)),
        [],
      )
    })

    test('new sessions are opened, in this pod and in others', async () => {
      for (const agent of [OF, 'deployment/analyst']) {
        await stage().until(`rows for ${agent}`, async () => {
          return (await stage().psql('select ssn from customers where id = 1', { of: agent })).out === '****\n'
        })
      }
    })
  })
}

/** The agent that lost its session would have ended, and been started again. */
function containersOf(stage: Stage): Promise<string> {
  const each = (list: string) => `{range .status.${list}[*]}{.name} {.restartCount} {.containerID} {end}`
  return part(stage, OF, ['initContainerStatuses', 'containerStatuses'].map(each).join(''))
}

async function packetFilter(stage: Stage): Promise<string> {
  const process = await stage.until('the gateway', () => gatewayProcess(stage, POD))
  return stage.cluster.onNode(['nsenter', '--target', process, '--net', '--', 'nft', '--stateless', 'list', 'ruleset'])
}
