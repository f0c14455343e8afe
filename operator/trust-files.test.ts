import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { Validator } from '#crds/validate.ts'
import { PROTOCOLS } from '#sidecar/protocols/registry.ts'
import { Judgement } from './judgement/judgement.ts'
import { changesOf } from './judgement/testing/cluster.ts'
import { trustFilesOf } from './trust-files.ts'

const CLUSTER = readFileSync(new URL('judgement/testdata/cluster.yaml', import.meta.url), 'utf8')

const connection = (name: string, spec: object): string =>
  JSON.stringify({
    apiVersion: 'sallyport.dev/v1alpha1',
    kind: 'Connection',
    metadata: { name, namespace: 'data' },
    spec,
  })
const policy = (name: string, spec: object): string =>
  JSON.stringify({
    apiVersion: 'sallyport.dev/v1alpha1',
    kind: 'AccessPolicy',
    metadata: { name, namespace: 'data' },
    spec: { rules: [], masking: [], limits: [], ...spec },
  })
const sql = (host: string, trustFiles: unknown) => ({
  protocol: 'PostgreSQL',
  endpoints: [{ host, port: 5432 }],
  credentials: { secretRef: { name: 'login' } },
  settings: { trustFiles },
})

const VALIDATOR = new Validator()
const AGENT = { namespace: 'robots', serviceAccount: 'one', labels: { app: 'a' }, namespaceLabels: { kind: 'robots' } }

const OBJECTS = [
  CLUSTER,
  connection('first', sql('first.data.svc', ['/etc/ssl/first.pem', '/etc/ssl/shared.pem'])),
  connection('second', sql('second.data.svc', ['/etc/ssl/shared.pem', '/etc/ssl/second.pem'])),
  connection('theirs', sql('somebody.else.svc', ['/etc/ssl/theirs.pem'])),
  connection('bent', sql('bent.data.svc', ['/etc/../bin/sh'])),
  policy('both', {
    agents: { namespaceSelector: { matchLabels: { kind: 'robots' } }, podSelector: { matchLabels: { app: 'a' } } },
    connections: ['first', 'second', 'theirs', 'bent'],
  }),
  policy('alone', { agents: { namespaces: ['elsewhere'] }, connections: ['second'] }),
].join('\n---\n')

const CASES: Readonly<Record<string, readonly [object, readonly string[]]>> = {
  'of all Connections that a policy opens, each once; none of a host that is not its own, none that leads elsewhere': [
    {},
    ['/etc/ssl/first.pem', '/etc/ssl/shared.pem', '/etc/ssl/second.pem'],
  ],
  'by the labels of the namespace': [{ namespaceLabels: {} }, []],
  'by the labels of the pod': [{ labels: { app: 'b' } }, []],
  'by the name of the namespace': [
    { namespace: 'elsewhere', labels: {} },
    ['/etc/ssl/shared.pem', '/etc/ssl/second.pem'],
  ],
}
for (const [title, [changes, expected]] of Object.entries(CASES))
  test(`trust files are those ${title}`, () => {
    const judgement = new Judgement({ clusterDomain: 'cluster.local', protocols: PROTOCOLS, validator: VALIDATOR })
    judgement.apply(changesOf(OBJECTS))
    assert.deepEqual(trustFilesOf({ ...AGENT, ...changes }, judgement), expected)
  })
