import assert from 'node:assert/strict'
import { test } from 'node:test'
import { changesOf, newJudgement } from './testing/cluster.ts'

const GRANTS = `
kind: EndpointGrant
metadata: {name: named}
spec: {hosts: ["*.example.com"], ports: [443], protocols: [TCP], namespaces: [data, later]}
---
kind: EndpointGrant
metadata: {name: other}
spec: {hosts: ["*.example.com"], ports: [443], protocols: [TCP], namespaces: [elsewhere]}
`
const namespace = (labels: string): string => `kind: Namespace\nmetadata: {name: later, labels: {${labels}}}\n`

test('a grant is looked at again when a namespace that it names comes, or owns targets from now on', () => {
  const judgement = newJudgement()
  judgement.apply(changesOf(GRANTS))
  for (const labels of ['', 'sallyport.dev/owner: "true"'])
    assert.deepEqual([...judgement.apply(changesOf(namespace(labels))).grants], ['named'])
  assert.deepEqual([...judgement.apply(changesOf(namespace('sallyport.dev/owner: "true"'))).grants], [])
})
