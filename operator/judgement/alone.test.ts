import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Validator } from '#crds/validate.ts'
import { shownAlone } from './alone.ts'
import { changesOf } from './testing/cluster.ts'
import { PROTOCOLS } from './testing/protocols.ts'

const policy = (spec: string) =>
  `{kind: AccessPolicy, metadata: {name: p, namespace: data}, spec: {agents: {identity: {provider: corp}}, connections: [later], limits: [], ${spec}}}`
const connection = (spec: string) =>
  `{kind: Connection, metadata: {name: c, namespace: data}, spec: {endpoints: [{host: a.other.svc, port: 1}], ${spec}}}`

const SHOWN: Readonly<Record<string, readonly [object: string, ...reasons: string[]]>> = {
  'nothing, where Connection, IdentityProvider and namespace may come later': [policy('rules: [], masking: []')],
  'nothing, where Secret, certificates and grant may come later': [
    connection('protocol: PostgreSQL, credentials: {secretRef: {name: l}}, tls: {caRef: {configMap: {name: l}}}'),
  ],
  'a verb that no protocol has': [
    policy('masking: [], rules: [{name: r, match: {verbs: [dorp]}, action: Deny}]'),
    'UnknownWord',
  ],
  'nothing, where one protocol has the verb': [
    policy('masking: [], rules: [{name: r, match: {verbs: [get]}, action: Deny}]'),
  ],
  'a condition that type-checks with no protocol': [
    policy('masking: [], rules: [{name: r, match: {condition: "facts.hasWher"}, action: Deny}]'),
    'NotEnforceable',
  ],
  'a time zone that does not exist': [
    policy('masking: [], rules: [], windows: [{name: w, from: "20:00", to: "22:00", timeZone: Europe/Atlantis}]'),
    'InvalidWindow',
  ],
  'settings that the protocol does not have': [
    connection('protocol: PostgreSQL, credentials: {secretRef: {name: l}}, settings: {mach: {}}'),
    'InvalidSettings',
  ],
  'no credentials where the protocol needs some': [connection('protocol: PostgreSQL'), 'CredentialsMissing'],
  'a protocol that is not served': [connection('protocol: SSH'), 'UnsupportedProtocol'],
}

describe('an object shows by itself', () => {
  const validator = new Validator()
  const protocols = new Map(PROTOCOLS.map((protocol) => [protocol.name, protocol]))
  for (const [sentence, [text, ...reasons]] of Object.entries(SHOWN)) {
    test(sentence, () => {
      const [change] = changesOf(text)
      const { resource, faults } = validator.validate(change?.object) ?? {}
      assert.ok(resource, JSON.stringify(faults))
      const found = shownAlone(resource, protocols)
      assert.deepEqual(
        found.map(({ reason }) => reason),
        reasons,
        found.map(({ message }) => message).join('\n'),
      )
    })
  }
})
