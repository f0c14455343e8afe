// Every kind of workload gets the gateway, and works as it did.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Stage } from '../stage.ts'
import { IMAGE, type Json, jobSpec, part, pod, podOf, workload } from './agents.ts'

const SELECT = 'select count(*) from customers'
const PLACE = 'host=orders-db.data.svc dbname=orders user=anyone'
const PSQL = ['psql', '-X', '-A', '-t', PLACE, '-c', SELECT]
/** Once, and the container fails if that does. */
const ASKS_ONCE = { ...IMAGE, command: PSQL }

const DEPLOYED: Readonly<Record<string, Json>> = {
  'a Deployment with probes': workload('Deployment', 'probed', {
    container: {
      command: ['python3', '-m', 'http.server', '8080'],
      ports: [{ containerPort: 8080 }],
      readinessProbe: { httpGet: { path: '/', port: 8080 }, periodSeconds: 1 },
      livenessProbe: { exec: { command: PSQL }, periodSeconds: 5, timeoutSeconds: 10 },
      startupProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1, failureThreshold: 60 },
    },
  }),
  'a StatefulSet': workload('StatefulSet', 'stateful'),
  'a DaemonSet': workload('DaemonSet', 'everywhere'),
}

const PODS: Readonly<Record<string, Json>> = {
  'a bare pod': pod('bare'),
  'a pod with two agents': pod('two', {
    spec: { containers: ['agent', 'second'].map((name) => ({ ...IMAGE, name, command: ['sleep', 'infinity'] })) },
  }),
  'a pod whose author has an init container, which asks the database itself': pod('prepared', {
    spec: { initContainers: [{ name: 'prepare', ...ASKS_ONCE }] },
  }),
  'a pod whose author has a native sidecar': pod('accompanied', {
    spec: {
      initContainers: [{ name: 'companion', ...IMAGE, command: ['sleep', 'infinity'], restartPolicy: 'Always' }],
    },
  }),
}

const ASK = `psql -X -A -t '${PLACE}' -c '${SELECT}'`

export function workloads(stage: () => Stage): void {
  describe('every kind of workload', () => {
    const names = (objects: Readonly<Record<string, Json>>): readonly string[] =>
      Object.values(objects).map(({ kind, metadata }) => `${String(kind).toLowerCase()}/${Object(metadata).name}`)

    before(() =>
      stage().apply([
        ...Object.values(DEPLOYED),
        ...Object.values(PODS),
        batch('Job', 'once', jobSpec('once', ASK)),
        batch('CronJob', 'nightly', { schedule: '0 3 1 1 *', jobTemplate: { spec: jobSpec('nightly', ASK) } }),
      ]),
    )
    after(() =>
      stage().remove(
        ...['-n', 'agents', 'job/once', 'job/nightly-now', 'cronjob/nightly'],
        ...names(DEPLOYED),
        ...names(PODS),
      ),
    )

    for (const [title, object] of Object.entries(DEPLOYED)) {
      test(`${title} is injected and ready, and asks the database`, async () => {
        const [of = ''] = names({ title: object })
        await stage().ready('agents', of)
        await injected(stage(), await podOf(stage(), of.replace(/^.*\//, '')))
        const { out, err } = await stage().psql(SELECT, { of })
        assert.equal(out, '2\n', err)
      })
    }

    for (const [title, object] of Object.entries(PODS)) {
      test(`${title} is injected and ready, and asks the database`, async () => {
        const [of = ''] = names({ title: object })
        await stage().kubectl('wait', '-n', 'agents', '--for=condition=Ready', '--timeout=180s', of)
        await injected(stage(), of)
        const containers = (await part(stage(), of, '{.spec.containers[*].name}')).split(' ')
        for (const container of containers) {
          const { out, err } = await stage().exec({ namespace: 'agents', of, container }, ...PSQL)
          assert.equal(out, '2\n', err)
        }
      })
    }

    test('a Job asks the database, and completes though the gateway stays as long as it does', () =>
      completes(stage(), 'once'))

    test('a CronJob’s Job does too', async () => {
      await stage().kubectl('create', 'job', '-n', 'agents', 'nightly-now', '--from=cronjob/nightly')
      await completes(stage(), 'nightly-now')
    })
  })
}

function batch(kind: string, name: string, spec: Json): Json {
  return { apiVersion: 'batch/v1', kind, metadata: { name, namespace: 'agents' }, spec }
}

async function completes(stage: Stage, name: string): Promise<void> {
  await stage.kubectl('wait', '-n', 'agents', `job/${name}`, '--for=condition=Complete', '--timeout=180s')
  assert.equal(await stage.kubectl('logs', '-n', 'agents', `job/${name}`, '-c', 'agent'), '2\n')
  const made = await stage.kubectl('get', 'pods', '-n', 'agents', '-l', `job-name=${name}`, '-o', 'name')
  await injected(stage, made.trim())
}

/** Our three come first. */
async function injected(stage: Stage, of: string): Promise<void> {
  const names = (await part(stage, of, '{.spec.initContainers[*].name}')).split(' ')
  assert.deepEqual(names.slice(0, 3), ['sallyport-rules', 'sallyport-self-test', 'sallyport-gateway'])
}
