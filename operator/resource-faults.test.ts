import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Validator } from '#crds/validate.ts'
import { PROTOCOLS } from '#sidecar/protocols/registry.ts'
import { ResourceFaults } from './resource-faults.ts'

const faults = new ResourceFaults({
  protocols: PROTOCOLS,
  validator: new Validator(),
})
const policy = (rules: readonly object[]) => ({
  apiVersion: 'sallyport.dev/v1alpha1',
  kind: 'AccessPolicy',
  metadata: { namespace: 'data', name: 'p' },
  spec: { agents: { namespaces: ['agents'] }, connections: ['gone'], rules, masking: [], limits: [] },
})
const connection = (settings: object) => ({
  apiVersion: 'sallyport.dev/v1alpha1',
  kind: 'Connection',
  metadata: { namespace: 'data', name: 'c' },
  spec: {
    protocol: 'PostgreSQL',
    endpoints: [{ host: 'db.example.org', port: 5432 }],
    credentials: { secretRef: { name: 'not-yet' } },
    settings,
  },
})

const CASES: Readonly<Record<string, { readonly object: unknown; readonly says?: RegExp }>> = {
  'what it refers to may come later': {
    object: policy([{ name: 'r', match: { effects: ['Read'] }, action: 'Allow' }]),
  },
  'a condition that does not type-check': {
    object: policy([{ name: 'r', match: { condition: '1 +' }, action: 'Allow' }]),
    says: /condition/,
  },
  'a host that a grant may yet permit, a Secret that may yet come': { object: connection({}) },
  'settings that the protocol does not know': { object: connection({ colour: 'red' }), says: /colour/ },
  'another kind': { object: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x' } } },
}
for (const [title, { object, says }] of Object.entries(CASES)) {
  test(`${says ? 'refused' : 'let through'}: ${title}`, () => {
    const found = faults.of(object)
    if (says) assert.match(found.map(({ message }) => message).join(), says)
    else assert.deepEqual(found, [])
    assert.deepEqual(faults.of(object), found, 'one object leaves nothing behind for the next')
  })
}
