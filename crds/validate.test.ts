// Who may write what, as sentences. Whether the API server agrees is for verdicts.test.ts.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { parse } from 'yaml'
import { withDefaults } from './defaulting.ts'
import { fieldOf } from './finding.ts'
import KINDS from './kinds.gen.json' with { type: 'json' }
import type { Kind } from './schema.ts'
import { Validator } from './validate.ts'

const validator = new Validator()

const policy = (spec: string) =>
  resource('AccessPolicy', '{name: p, namespace: data}', {
    agents: {},
    connections: ['db'],
    rules: [],
    masking: [],
    limits: [],
    ...(parse(`{${spec}}`) as object),
  })
const connection = (spec: string, metadata = '{name: c, namespace: data}') =>
  resource('Connection', metadata, {
    protocol: 'PostgreSQL',
    endpoints: [{ host: 'db.data.svc', port: 5432 }],
    ...(parse(`{${spec}}`) as object),
  })

function resource(kind: string, metadata: string, spec: object): string {
  return `apiVersion: sallyport.dev/v1alpha1\nkind: ${kind}\nmetadata: ${metadata}\nspec: ${JSON.stringify(spec)}\n`
}

const REFUSED: Readonly<Record<string, readonly [document: string, fault: string]>> = {
  'a misspelt field, with the fields that there are': [
    policy('suspended: true'),
    'spec.suspended: unknown field; allowed: mode, suspend, agents,',
  ],
  'a required field that is missing, with what belongs there': [
    'apiVersion: sallyport.dev/v1alpha1\nkind: AccessPolicy\nmetadata: {name: p}\nspec: {agents: {}, connections: [a], rules: [], limits: []}',
    'spec.masking: required, but missing; allowed: Values that agents get only masked.',
  ],
  'an unquoted Null, with the reason': [
    policy('masking: [{name: m, columns: [a.b.c], strategy: Null}]'),
    'spec.masking[0].strategy: required, but null; YAML reads a bare Null',
  ],
  'an unknown word, with the known ones': [
    policy('rules: [{name: r, match: {}, action: Permit}]'),
    'spec.rules[0].action: "Permit" is not a value of this field; allowed: Allow, Deny, RequireApproval',
  ],
  'an empty list, which would match nothing or everything depending on who reads it': [
    policy('rules: [{name: r, match: {verbs: []}, action: Deny}]'),
    'spec.rules[0].match.verbs: an empty list is invalid; allowed: at least one item, or leave the field out',
  ],
  'a pattern where a name is due': [
    policy('connections: ["orders-*"]'),
    'spec.connections[0]: "orders-*" is a pattern, and this field takes only names',
  ],
  'a column of two segments': [
    policy('masking: [{name: m, columns: [customers.ssn], strategy: Hash}]'),
    'spec.masking[0].columns[0]: "customers.ssn" is not spelt as this field needs it; allowed: Three segments, schema.table.column (text that matches',
  ],
  'the same rule name twice': [
    policy('rules: [{name: r, match: {}, action: Allow}, {name: r, match: {}, action: Deny}]'),
    'spec.rules[1]: name "r" is there already, as item 0',
  ],
  'connections and connectionSelector together': [
    policy('connectionSelector: {}'),
    'spec: set exactly one of connections and connectionSelector',
  ],
  'a window that is not defined': [
    policy('rules: [{name: r, match: {during: [night]}, action: Allow}]'),
    'spec.rules[0].match.during[0]: there is no window night in this policy; allowed: none, as spec.windows is not set',
  ],
  'RequireApproval without approvers': [
    policy('rules: [{name: r, match: {}, action: RequireApproval}]'),
    'spec.rules[0].approval: action RequireApproval needs approval',
  ],
  'a budget per Agent without a window': [
    policy('limits: [{metric: Rows, per: Agent, max: 100}]'),
    'spec.limits[0].window: per Pod and per Agent need a window',
  ],
  'a time where a number is due': [
    policy('limits: [{metric: Rows, per: Statement, max: 10m}]'),
    'spec.limits[0].max: max of Duration and Idle must be a time',
  ],
  'a pattern over other hosts than those of the cluster': [
    connection('endpoints: [{host: "*.example.com", port: 5432}]'),
    'spec.endpoints[0].host: a pattern is allowed only for in-cluster names',
  ],
  'an address that is none': [
    connection('endpoints: [{host: 10.0.0.256, port: 5432}]'),
    'spec.endpoints[0].host: host must be a DNS name or an IP address',
  ],
  'VerifyCA with the public roots': [connection('tls: {mode: VerifyCA}'), 'spec.tls.caRef: mode VerifyCA needs caRef'],
  'a name that Kubernetes would not take': [
    connection('', '{name: Orders_DB}'),
    'metadata.name: "Orders_DB" is not spelt as this field needs it',
  ],
  'a misspelt field of the metadata': [
    connection('', '{name: a, label: {b: c}}'),
    'metadata.label: unknown field; allowed: name,',
  ],
  'no metadata at all': [
    'apiVersion: sallyport.dev/v1alpha1\nkind: IdentityProvider\nspec: {issuer: https://a, audiences: [b]}',
    'metadata: required, but missing',
  ],
  'a namespace on what has none': [
    'apiVersion: sallyport.dev/v1alpha1\nkind: IdentityProvider\nmetadata: {name: a, namespace: b}\nspec: {issuer: https://a, audiences: [b]}',
    'metadata.namespace: unknown field',
  ],
  'a kind of our group that does not exist': [
    'apiVersion: sallyport.dev/v1alpha1\nkind: AccesPolicy\nmetadata: {name: a}',
    'kind: there is no kind AccesPolicy in sallyport.dev/v1alpha1; allowed: sallyport.dev/v1alpha1/Connection,',
  ],
  'a version of our group that does not exist': [
    'apiVersion: sallyport.dev/v1\nkind: Connection\nmetadata: {name: a}',
    'kind: there is no kind Connection in sallyport.dev/v1',
  ],
  'a document without a kind': ['hello: world', 'apiVersion: apiVersion is missing'],
  'a document that is a list': ['[1, 2]', 'apiVersion: apiVersion is missing'],
  'a secret in something else than base64': [
    'apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {password: "not base64!"}',
    'data: values must be base64; write plain text under stringData',
  ],
  'settings of a depth that nobody needs': [
    connection(`settings: {a: ${'['.repeat(70)}${']'.repeat(70)}}`),
    ': is nested more than 64 levels deep',
  ],
  'a member that would become the prototype': [
    policy('').replace('"rules"', '"__proto__":{"a":1},"rules"'),
    'spec.__proto__: unknown field',
  ],
}

const ACCEPTED: Readonly<Record<string, string>> = {
  'the least that a policy can say': policy(''),
  'the least that a connection can say': connection(''),
  'a quoted "Null"': policy('masking: [{name: m, columns: [a.b.c], strategy: "Null"}]'),
  'nulls where a field is optional': policy('windows: null, recording: ~'),
  'any settings, which the protocol judges': connection('settings: {anything: [{at: all}]}'),
  'what kubectl get prints of the metadata': connection(
    '',
    '{name: c, uid: x, resourceVersion: "1", generation: 2, creationTimestamp: "2026-01-01T00:00:00Z", managedFields: [{a: b}]}',
  ),
  'base64 with line ends': 'apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {k: "aGVsbG8g\\nd29ybGQ="}',
}

function faults(document: string): readonly string[] {
  const found = validator.validate(parse(document))?.faults ?? []
  return found.map(
    ({ path, message, allowed }) =>
      `${fieldOf(path)}: ${message}${allowed === undefined ? '' : `; allowed: ${allowed}`}`,
  )
}

describe('refused:', () => {
  for (const [sentence, [document, expected]] of Object.entries(REFUSED)) {
    test(sentence, () => {
      const [first, ...others] = faults(document)
      assert.ok(first?.startsWith(expected), `${first}\nshould begin with\n${expected}`)
      assert.deepEqual(others, [])
    })
  }
})

describe('accepted:', () => {
  for (const [sentence, document] of Object.entries(ACCEPTED))
    test(sentence, () => assert.deepEqual(faults(document), []))
})

test('kinds of other groups are nobody’s business here', () => {
  assert.equal(validator.validate({ apiVersion: 'apps/v1', kind: 'Deployment' }), undefined)
})

test('defaults are set at every depth, in a copy', () => {
  const document: unknown = parse(policy('rules: [{name: r, match: {}, action: Allow}]'))
  const before = structuredClone(document)
  const resource = validator.validate(document)?.resource
  assert.deepEqual(document, before)
  assert.ok(resource?.kind === 'AccessPolicy')
  assert.equal(resource.spec.mode, 'Enforce')
  assert.equal(resource.spec.suspend, false)
  assert.equal(resource.spec.rules[0]?.mode, 'Enforce')
  // What is not said about recording must look so: policies that say something would have to give way to it.
  assert.deepEqual(resource.spec.recording, {})
})

test('a namespaced resource without a namespace is in default, a cluster-scoped one in none', () => {
  const namespaced = validator.validate(parse(connection('', '{name: c}')))?.resource
  assert.equal(namespaced?.metadata.namespace, 'default')
  const provider = {
    apiVersion: 'sallyport.dev/v1alpha1',
    kind: 'IdentityProvider',
    metadata: { name: 'a' },
    spec: { issuer: 'https://a', audiences: ['b'] },
  }
  assert.equal(validator.validate(provider)?.resource?.metadata.namespace, undefined)
})

test('any document whatever gets a verdict, and never an exception', () => {
  const kinds = fc.constantFrom(...KINDS.map(({ apiVersion, kind }) => ({ apiVersion, kind })))
  fc.assert(
    fc.property(kinds, fc.jsonValue(), fc.jsonValue(), (kind, metadata, spec) => {
      assert.notEqual(validator.validate({ ...kind, metadata, spec }), undefined)
    }),
    { numRuns: 300 },
  )
  fc.assert(fc.property(fc.jsonValue(), (document) => void validator.validate(document)))
})

test('setting defaults twice is setting them once', () => {
  const policyKind = (KINDS as readonly unknown[] as readonly Kind[]).find(({ kind }) => kind === 'AccessPolicy')
  assert.ok(policyKind)
  const field = fc.constantFrom('mode', 'recording', 'rules', 'limits', 'windows', 'suspend', 'level', 'name')
  const { node } = fc.letrec((tie) => ({
    node: fc.oneof(
      { depthSize: 'small' },
      fc.jsonValue({ maxDepth: 1 }),
      fc.dictionary(field, tie('node')),
      fc.array(tie('node'), { maxLength: 3 }),
    ),
  }))
  fc.assert(
    fc.property(node, (spec) => {
      const once = withDefaults({ spec }, policyKind.schema)
      assert.deepEqual(withDefaults(once, policyKind.schema), once)
    }),
  )
})
