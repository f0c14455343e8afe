import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseSettings } from './settings.ts'

const GOOD = {
  service: 'sallyport',
  webhooks: 'sallyport',
  clusterDomain: 'cluster.local',
  nameServers: [],
  ownerNamespaces: ['data'],
  staleSeconds: 900,
  extraCas: [],
  allow: {
    storageClasses: [],
    runtimeClasses: [],
    tokenAudiences: [],
    devices: [],
    ephemeralContainers: 'Deny',
  },
  logLevel: 'info',
  sidecar: {
    mode: 'initContainer',
    image: 'registry.example/sidecar:1',
    imagePullPolicy: 'IfNotPresent',
    imagePullSecrets: [],
    resources: {},
    stateMebibytes: 64,
    trustFiles: [],
    javaTrustStore: true,
  },
}

test('what the chart writes is read as it is', () => {
  assert.deepEqual(parseSettings(JSON.stringify(GOOD), 'f'), GOOD)
})

const BAD: Readonly<Record<string, { readonly text: string; readonly says: RegExp }>> = {
  'no JSON': { text: '{', says: /--settings f is not JSON/ },
  'a field that is missing': {
    text: JSON.stringify({ ...GOOD, service: undefined }),
    says: /must have required property 'service'/,
  },
  'a field that nobody knows': { text: JSON.stringify({ ...GOOD, colour: 'red' }), says: /additional properties/ },
  'a field of another type, named': { text: JSON.stringify({ ...GOOD, staleSeconds: '15m' }), says: /\/staleSeconds/ },
  'a mode that does not exist yet': {
    text: JSON.stringify({ ...GOOD, sidecar: { ...GOOD.sidecar, mode: 'cni' } }),
    says: /\/sidecar\/mode/,
  },
}
for (const [title, { text, says }] of Object.entries(BAD)) {
  test(`refused: ${title}`, () => assert.throws(() => parseSettings(text, 'f'), says))
}
