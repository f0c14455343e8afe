// What holds while the operator, or what makes the API server ask it, is away. Last of all, because everything else needs it.
import assert from 'node:assert/strict'
import { createServer } from 'node:https'
import { describe, test } from 'node:test'
import { makeAuthority, makeLeaf } from '#sidecar/net/certificate.ts'
import { RELEASE, SYSTEM_NAMESPACE } from '../../cluster/install.ts'
import type { Stage } from '../stage.ts'
import { refused, tried, tryMaking } from './admission.ts'
import { GATEWAY, type Ground, podField } from './ground.ts'
import { AGENTS, OUTSIDE, pod, WAITING_LABEL } from './pods.ts'

const STRIPPER = 'zz-threats-stripper'
const HOUR = 3_600_000

export function away(ground: () => Ground): void {
  const stage = () => ground().stage

  describe('without what guards admission', () => {
    test('T23: another webhook takes the gateway out: the pod is refused, or has it again', async () => {
      const stop = await serveStripper(stage())
      try {
        const stripped = pod(
          'x',
          {},
          {},
          { labels: { threats: 'strip' }, annotations: { 'sallyport.dev/inject': 'true' } },
        )
        await stage().until('the other webhook to be asked', async () => {
          const { code, err } = await tryMaking(stage(), stripped)
          return code !== 0 && /must be the first three|as it was rendered|as rendered/.test(err)
        })
      } finally {
        await stop()
      }
    })

    test('T37: deleted configurations of webhooks are made again, and no pod slips in meanwhile', async () => {
      const { kubectl, until } = stage()
      for (const kind of ['mutatingwebhookconfiguration', 'validatingwebhookconfiguration']) {
        await kubectl('delete', kind, RELEASE)
        const { code, err, out } = await tryMaking(stage(), pod('x'))
        if (code === 0) assert.match(out, new RegExp(`"name": "${GATEWAY}"`))
        else assert.match(err, /wait for the operator|failed calling webhook/)
        await until(`the ${kind} again`, async () => {
          const path = 'jsonpath={.webhooks[*].clientConfig.caBundle}'
          return (await tried(stage(), 'get', kind, RELEASE, '-o', path)).out !== ''
        })
      }
      const whole = await until('a pod to be injected', async () => {
        const made = await tryMaking(stage(), pod('x'))
        return made.code === 0 && made.out
      })
      assert.match(whole, new RegExp(`"name": "${GATEWAY}"`))
      refused(await tryMaking(stage(), pod('x', { hostNetwork: true })), /hostNetwork/)
    })

    test('T36, T50: without an operator no pod is injected and none is let in, what runs goes on, and no agent starts before its gateway', async () => {
      const { kubectl, until, exec } = stage()
      const scale = (replicas: string) =>
        kubectl('scale', '-n', SYSTEM_NAMESPACE, `deployment/${RELEASE}`, `--replicas=${replicas}`)
      const replicas = await kubectl(
        'get',
        'deployment',
        '-n',
        SYSTEM_NAMESPACE,
        RELEASE,
        '-o',
        'jsonpath={.spec.replicas}',
      )
      await scale('0')
      try {
        await until(
          'the operator’s end',
          async () =>
            (await kubectl(
              'get',
              'pods',
              '-n',
              SYSTEM_NAMESPACE,
              '-l',
              'app.kubernetes.io/component=operator',
              '-o',
              'name',
            )) === '',
          120,
        )
        refused(await tryMaking(stage(), pod('x')), /failed calling webhook|wait for the operator/)
        const unrelated = pod('x', { serviceAccountName: 'default' }, {}, { namespace: OUTSIDE, annotations: {} })
        assert.equal((await tryMaking(stage(), unrelated)).code, 0)
        assert.equal((await exec({ namespace: AGENTS, of: 'pod/misled' }, 'echo', 'here')).out, 'here\n')
        await kubectl('label', 'pod', '-n', AGENTS, 'misled', 'team=b', '--overwrite')

        // The node is let to the pod that waits for one; binding asks nobody of ours.
        await kubectl('label', 'nodes', '--all', `${WAITING_LABEL}=true`, '--overwrite')
        await until(
          'the gateway that waits for its policy',
          async () => {
            const [gateway] = await podState(stage(), 'late', 'initContainerStatuses', GATEWAY)
            return gateway === 'running'
          },
          120,
        )
        const path = `{.status.initContainerStatuses[?(@.name=="${GATEWAY}")].started}`
        assert.notEqual(await podField(stage(), 'late', path), 'true')
        assert.deepEqual(await podState(stage(), 'late', 'containerStatuses', 'agent'), ['waiting'])
      } finally {
        await scale(replicas)
        await kubectl('label', 'nodes', '--all', `${WAITING_LABEL}-`)
      }
      await kubectl('rollout', 'status', '-n', SYSTEM_NAMESPACE, `deployment/${RELEASE}`, '--timeout=180s')
      await kubectl('wait', '--for=condition=Ready', '-n', AGENTS, 'pod/late', '--timeout=120s')
      await until('admission again', async () => (await tryMaking(stage(), pod('x'))).code === 0)
    })
  })
}

/** Which of waiting, running and terminated a container is. */
async function podState(stage: Stage, who: string, list: string, name: string): Promise<readonly string[]> {
  const state = await podField(stage, who, `{.status.${list}[?(@.name=="${name}")].state}`)
  return state === '' ? [] : Object.keys(JSON.parse(state))
}

/** A mutating webhook that comes after ours and takes all init containers away. */
async function serveStripper(stage: Stage): Promise<() => Promise<void>> {
  const { machine } = stage.cluster.place ?? assert.fail('the cluster is not of our own making')
  const validity = { from: new Date(Date.now() - HOUR), to: new Date(Date.now() + HOUR) }
  const authority = makeAuthority('stripper', validity)
  const leaf = makeLeaf(authority, [machine], validity)
  const server = createServer({ cert: leaf.certificate, key: leaf.key }, (request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const { request: review } = JSON.parse(Buffer.concat(parts).toString('utf8'))
      const remove =
        review.object.spec.initContainers === undefined ? [] : [{ op: 'remove', path: '/spec/initContainers' }]
      const patch = Buffer.from(JSON.stringify(remove)).toString('base64')
      const answer = { uid: review.uid, allowed: true, patchType: 'JSONPatch', patch }
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: answer }))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, machine, resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const clientConfig = {
    url: `https://${machine}:${port}/`,
    caBundle: Buffer.from(authority.certificate).toString('base64'),
  }
  const webhook = {
    name: 'strip.threats.example',
    clientConfig,
    admissionReviewVersions: ['v1'],
    sideEffects: 'None',
    reinvocationPolicy: 'IfNeeded',
    objectSelector: { matchLabels: { threats: 'strip' } },
    rules: [{ apiGroups: [''], apiVersions: ['v1'], resources: ['pods'], operations: ['CREATE'] }],
  }
  const metadata = { name: STRIPPER }
  await stage.apply([
    {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'MutatingWebhookConfiguration',
      metadata,
      webhooks: [webhook],
    },
  ])
  return async () => {
    await stage.remove('mutatingwebhookconfiguration', STRIPPER)
    server.closeAllConnections()
    server.close()
  }
}
