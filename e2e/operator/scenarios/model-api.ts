// An agent calls its model's API: TLS from end to end, through a Connection that passes bytes on.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { makeAuthority, makeLeaf } from '#sidecar/net/certificate.ts'
import type { Answer, Stage } from '../stage.ts'
import { IMAGE, type Json, part, pod, podsReady } from './agents.ts'

const HOST = 'api.model.example'
const OTHER = 'other.model.example'
const DAY = 86_400_000

/** Answers under both names, so that only the gateway can be what keeps them apart. */
const API = `
const { createServer } = require('node:https')
const { readFileSync } = require('node:fs')
const read = (name) => readFileSync('/tls/' + name)
createServer({ cert: read('tls.crt'), key: read('tls.key') }, (request, response) => {
  console.log('asked', request.headers.host, request.socket.servername)
  response.end('a thoughtful answer')
}).listen(443)
`

export function modelApi(stage: () => Stage): void {
  describe('an agent calls its model’s API', () => {
    before(async () => {
      const validity = { from: new Date(Date.now() - DAY), to: new Date(Date.now() + DAY) }
      const authority = makeAuthority('model CA', validity)
      const leaf = makeLeaf(authority, [HOST, OTHER], validity)
      await stage().apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'models' } }])
      await stage().until('its ServiceAccount', async () =>
        (await stage().kubectl('get', 'serviceaccounts', '-n', 'models', '-o', 'name')).includes('default'),
      )
      await stage().apply([
        secret({ 'tls.crt': leaf.certificate, 'tls.key': leaf.key }),
        API_POD,
        configMap({ 'ca.crt': authority.certificate }),
        CALLER,
        GRANT,
        CONNECTION,
        POLICY,
      ])
      await stage().kubectl('wait', '-n', 'models', '--for=condition=Ready', '--timeout=180s', 'pod/api')
      const address = await part(stage(), 'pod/api', '{.status.podIP}', 'models')
      for (const name of [HOST, OTHER]) stage().cluster.nameHost(name, address)
      await podsReady(stage(), 'caller')
    })
    after(async () => {
      await stage().remove('-n', 'data', 'connection/model-api', 'accesspolicy/model-users')
      await stage().remove('endpointgrant/models')
      await stage().remove('-n', 'agents', 'pod/caller', 'configmap/model-ca')
      await stage().remove('namespace/models')
    })

    test('by its name, with the API’s own certificate verified', async () => {
      const answered = await stage().until('an answer', async () => {
        const answer = await curl(stage(), `https://${HOST}/`)
        return answer.code === 0 && answer
      })
      assert.equal(answered.out, 'a thoughtful answer')
    })

    test('a TLS hello for another name is refused, though it goes to the same place', async () => {
      const { code, out } = await curl(stage(), '--connect-to', `${OTHER}:443:${HOST}:443`, `https://${OTHER}/`)
      assert.notEqual(code, 0)
      assert.equal(out, '')
      const log = await stage().kubectl('logs', '-n', 'models', 'api')
      assert.doesNotMatch(log, new RegExp(OTHER))
    })

    test('other hosts do not exist, and other addresses and ports are refused', async () => {
      assert.match((await curl(stage(), `https://${OTHER}/`)).err, /Could not resolve host/)
      const address = await part(stage(), 'pod/api', '{.status.podIP}', 'models')
      assert.notEqual((await curl(stage(), '-k', `https://${address}:8443/`)).code, 0)
      assert.notEqual((await curl(stage(), `http://${HOST}:80/`)).code, 0)
    })

    test('it is recorded who went where, and nothing of what was said', async () => {
      const log = await stage().kubectl('logs', '-n', 'agents', 'caller', '-c', 'sallyport-gateway')
      assert.match(log, /"connection":"data\/model-api".*"verb":"connect".*"verdict":"Allow"/)
      assert.doesNotMatch(log, /thoughtful/)
    })
  })
}

function curl({ exec }: Stage, ...options: readonly string[]): Promise<Answer> {
  const always = ['curl', '-sS', '--max-time', '20', '--cacert', '/models/ca.crt']
  return exec({ namespace: 'agents', of: 'pod/caller' }, ...always, ...options)
}

function secret(stringData: Json): unknown {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'tls', namespace: 'models' }, stringData }
}

function configMap(data: Json): unknown {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'model-ca', namespace: 'agents' }, data }
}

const API_POD = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'api', namespace: 'models' },
  spec: {
    terminationGracePeriodSeconds: 1,
    containers: [
      {
        name: 'api',
        ...IMAGE,
        command: ['node', '-e', API],
        volumeMounts: [{ name: 'tls', mountPath: '/tls' }],
        readinessProbe: { tcpSocket: { port: 443 }, periodSeconds: 1 },
      },
    ],
    volumes: [{ name: 'tls', secret: { secretName: 'tls' } }],
  },
}

const CALLER = pod('caller', {
  container: { volumeMounts: [{ name: 'models', mountPath: '/models' }] },
  spec: { volumes: [{ name: 'models', configMap: { name: 'model-ca' } }] },
})

const GRANT = {
  apiVersion: 'sallyport.dev/v1alpha1',
  kind: 'EndpointGrant',
  metadata: { name: 'models' },
  spec: { hosts: [HOST], ports: [443], protocols: ['TCP'], namespaces: ['data'] },
}

const CONNECTION = {
  apiVersion: 'sallyport.dev/v1alpha1',
  kind: 'Connection',
  metadata: { name: 'model-api', namespace: 'data' },
  spec: { protocol: 'TCP', endpoints: [{ host: HOST, port: 443 }] },
}

const POLICY = {
  apiVersion: 'sallyport.dev/v1alpha1',
  kind: 'AccessPolicy',
  metadata: { name: 'model-users', namespace: 'data' },
  spec: {
    agents: { namespaces: ['agents'] },
    connections: ['model-api'],
    rules: [
      {
        name: 'models',
        match: { verbs: ['connect'], objects: [{ kind: 'endpoint', names: [`${HOST}:443`] }] },
        action: 'Allow',
      },
    ],
    masking: [],
    limits: [],
  },
}
