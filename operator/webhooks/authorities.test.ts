import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeAuthority } from '#sidecar/net/certificate.ts'
import type { KubeObject } from '../kube/object.ts'
import { withAuthority } from './authorities.ts'
import { bundlePatch } from './keeper.ts'

const NOW = Date.parse('2026-06-01T00:00:00Z')
const authority = (name: string, to = '2027-01-01T00:00:00Z'): string =>
  makeAuthority(name, { from: new Date('2020-01-01T00:00:00Z'), to: new Date(to) }).certificate
const [old, young, ended] = [authority('old'), authority('young'), authority('ended', '2026-05-31T00:00:00Z')]

const CASES: Readonly<Record<string, readonly [present: string, own: string, expected: string]>> = {
  'the first is the only one': ['', young, young],
  'what is no certificate goes': ['Cg==', young, young],
  'one that is there already changes nothing': [young, young, young],
  'another one is added, for replicas that still show the old': [old, young, old + young],
  'a replica that knows only the old one takes the young one not away': [old + young, old, old + young],
  'one that has ended goes': [ended + old, young, old + young],
  'one that has ended goes, though nothing comes': [ended + young, young, young],
}
for (const [title, [present, own, expected]] of Object.entries(CASES))
  test(`of the webhooks’ authorities ${title}`, () => assert.equal(withAuthority(present, own, NOW), expected))

test('however often they change, the field is bounded, and the newest stays', () => {
  const many = Array.from({ length: 12 }, (_, index) => authority(`number ${index}`))
  const present = many.reduce((before, own) => withAuthority(before, own, NOW), '')
  assert.equal(present, many.slice(-8).join(''))
})

test('each webhook of a configuration is patched by what it has', () => {
  const encoded = (text: string): string => Buffer.from(text).toString('base64')
  const webhooks = [
    { clientConfig: { caBundle: encoded(old) } },
    { clientConfig: {} },
    { clientConfig: { caBundle: encoded(old + young) } },
  ]
  const configuration = { apiVersion: 'v1', kind: 'x', metadata: { name: 'x' }, webhooks } as unknown as KubeObject
  assert.deepEqual(
    bundlePatch(configuration, (present) => withAuthority(present, young, NOW)),
    [
      { op: 'add', path: '/webhooks/0/clientConfig/caBundle', value: encoded(old + young) },
      { op: 'add', path: '/webhooks/1/clientConfig/caBundle', value: encoded(young) },
    ],
  )
})
