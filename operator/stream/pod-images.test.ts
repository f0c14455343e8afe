import assert from 'node:assert/strict'
import { test } from 'node:test'
import { asObject, type KubeObject } from '../kube/object.ts'
import { formOf } from './pod-form.ts'
import { exchangedImage, imagesOf } from './pod-images.ts'

const DIGEST = `sha256:${'a'.repeat(64)}`
const GATEWAY = 'sallyport-gateway'

interface Parts {
  readonly container?: object
  readonly spec?: object
  readonly status?: object
  readonly metadata?: object
}

function pod({ container, spec, status, metadata }: Parts): KubeObject {
  const found = asObject({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: 'agents', name: 'one', uid: 'uid-1', ...metadata },
    spec: { initContainers: [{ name: GATEWAY }], containers: [{ name: 'agent', ...container }], ...spec },
    status: {
      initContainerStatuses: [{ name: GATEWAY, imageID: `localhost/gateway@${DIGEST}`, user: { linux: { uid: 7 } } }],
      containerStatuses: [{ name: 'agent', imageID: 'localhost/agent@sha256:1', ...status }],
    },
  })
  assert.ok(found)
  return found
}

const AGENT_STAYS: Readonly<Record<string, { readonly parts: Parts; readonly stays: boolean }>> = {
  'nobody says who it runs as': { parts: {}, stays: true },
  'the container says who it runs as': { parts: { container: { securityContext: { runAsUser: 1000 } } }, stays: false },
  'the pod says who it runs as': { parts: { spec: { securityContext: { runAsUser: 1000 } } }, stays: false },
  'the container says it, and that it is root': {
    parts: { container: { securityContext: { runAsUser: 0 } } },
    stays: false,
  },
  'the kubelet says who it runs as': { parts: { status: { user: { linux: { uid: 1000 } } } }, stays: false },
  'it has not been started': { parts: { status: { imageID: '' } }, stays: false },
}
for (const [title, { parts, stays }] of Object.entries(AGENT_STAYS)) {
  test(`the agent’s image ${stays ? 'has to stay' : 'is its author’s business'} where ${title}`, () => {
    const images = imagesOf(pod(parts))
    assert.equal(images.has('agent'), stays)
    assert.equal(images.get(GATEWAY), DIGEST, 'ours has to stay, whoever it runs as')
  })
}

test('an image under another name is the same image', () => {
  const under = (name: string) => imagesOf(pod({ status: { imageID: `${name}@${DIGEST}` } }))
  assert.equal(exchangedImage(under('localhost/agent'), under('registry.example/agent')), undefined)
  assert.equal(exchangedImage(under('localhost/agent'), imagesOf(pod({}))), 'agent')
})

test('a container that was not seen before has not been exchanged', () => {
  assert.equal(exchangedImage(new Map([['agent', 'x']]), new Map([['second', 'y']])), undefined)
})

const FORMS: Readonly<Record<string, { readonly parts: Parts; readonly another: boolean }>> = {
  'another image under the same name': { parts: { status: { imageID: 'localhost/agent@sha256:2' } }, another: true },
  'a user that the kubelet found': { parts: { status: { user: { linux: { uid: 7 } } } }, another: true },
  'a container that was added': { parts: { spec: { ephemeralContainers: [{ name: 'debug' }] } }, another: true },
  'a label': { parts: { metadata: { labels: { 'sallyport.dev/quarantine': '' } } }, another: true },
  'an annotation': { parts: { metadata: { annotations: { 'sallyport.dev/mac': '' } } }, another: true },
  'another pod of the name': { parts: { metadata: { uid: 'uid-2' } }, another: true },
  'that it is ready, and how often it was started': {
    parts: { status: { ready: true, restartCount: 3, state: { running: {} } } },
    another: false,
  },
  'another version of the same': { parts: { metadata: { resourceVersion: '99' } }, another: false },
}
for (const [title, { parts, another }] of Object.entries(FORMS)) {
  test(`${another ? 'looked at again' : 'no reason to look'}: ${title}`, () => {
    assert.equal(formOf(pod(parts)) !== formOf(pod({})), another)
  })
}
