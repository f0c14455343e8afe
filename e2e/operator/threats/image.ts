// An image is exchanged under its name while the pod lives: for one whose user is this pod's gateway, a number that is known by then.
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { agentLayers } from '#images/e2e/agent.ts'
import { executionOf, reference } from '#images/images.ts'
import { writeArchive } from '#images/oci.ts'
import { CONTAINERD_SOCKET } from '../../cluster/node.ts'
import { type OpenSession, openSession, untilCut } from '../scenarios/open-session.ts'
import { type Ground, podField } from './ground.ts'
import { AGENTS, pod } from './pods.ts'

const NAME = 'localhost/changeling:1'
const POD = 'changeling'
const PSQL = 'host=orders-db.data dbname=orders user=anyone connect_timeout=10'

/** Ends when its author wants it to, and is started again with what the name means then. */
const CHANGELING = {
  name: 'changeling',
  image: NAME,
  imagePullPolicy: 'Never',
  command: ['sh', '-c', 'id -u; until [ -e /tmp/go ]; do sleep 0.2; done'],
}

export function image(ground: () => Ground): void {
  const stage = () => ground().stage
  const images = (...words: readonly string[]): Promise<string> =>
    stage().cluster.onNode(['ctr', '--address', CONTAINERD_SOCKET, '-n', 'k8s.io', 'images', ...words])

  describe('an image that is exchanged under its name', () => {
    let session: OpenSession | undefined

    before(async () => {
      await images('tag', '--force', reference('sallyport-e2e-agent'), NAME)
      const agent = { name: 'agent', image: reference('sallyport-e2e-agent'), imagePullPolicy: 'Never' }
      const command = ['sleep', 'infinity']
      await stage().apply([pod(POD, { containers: [{ ...agent, command }, CHANGELING] })])
      await stage().kubectl('wait', '--for=condition=Ready', '-n', AGENTS, `pod/${POD}`, '--timeout=180s')
    })
    after(async () => {
      await session?.close()
      await stage().remove('pod', '-n', AGENTS, POD)
      await images('rm', NAME)
    })

    test('T01: as soon as a container runs it the pod’s sessions are cut, no others are opened, and people are told why', async () => {
      session = await openSession(stage(), { namespace: AGENTS, of: `pod/${POD}`, database: 'orders' })
      const user = await podField(
        stage(),
        POD,
        '{.spec.initContainers[?(@.name=="sallyport-gateway")].securityContext.runAsUser}',
      )
      await exchange(user)
      await stage().exec({ namespace: AGENTS, of: `pod/${POD}`, container: 'changeling' }, 'touch', '/tmp/go')
      await stage().until('the attack', async () =>
        (await stage().kubectl('logs', '-n', AGENTS, POD, '-c', 'changeling')).includes(user),
      )
      await untilCut(stage(), session)
      const refused = await stage().exec(
        { namespace: AGENTS, of: `pod/${POD}` },
        ...['psql', '-X', '-c', 'select 1', PSQL],
      )
      assert.notEqual(refused.code, 0)
      assert.match(refused.err, /image of changeling was exchanged/)
      await stage().until('the Event', async () => {
        const events = await stage().kubectl('get', 'events', '-n', AGENTS, '-o', 'jsonpath={.items[*].message}')
        return /image of changeling was exchanged .* set securityContext.runAsUser/.test(events)
      })
    })

    /** As a registry's owner would, with the next push. */
    async function exchange(user: string): Promise<void> {
      const folder = await mkdtemp(join(tmpdir(), 'sallyport-changeling-'))
      try {
        const archive = join(folder, 'image.tar')
        const execution = { ...executionOf('sallyport-e2e-agent'), User: user }
        await writeArchive(archive, { name: NAME, layers: await agentLayers(), execution })
        await stage().cluster.loadImage(archive)
      } finally {
        await rm(folder, { recursive: true, force: true })
      }
    }
  })
}
