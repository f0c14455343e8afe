// Clusters and what is said of them: testdata/verdicts.txt. Each case changes the cluster of testdata/cluster.yaml and lists the lines
// that come out different; what is true of the cluster as it stands is the first case.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { Snapshots } from '../snapshots/snapshots.ts'
import { changesOf, newJudgement } from './testing/cluster.ts'
import { describeVerdicts } from './testing/describe.ts'

const read = (name: string) => readFileSync(new URL(`testdata/${name}`, import.meta.url), 'utf8')
const CLUSTER = read('cluster.yaml')
const BEFORE = new Set(linesAfter(''))

/** `# sentence`, documents in one or more steps with `then` between them, `=>`, lines. */
const CASES = read('verdicts.txt')
  .split(/^# /m)
  .slice(1)
  .map((text) => {
    const [head = '', expected = ''] = text.split(/^=>\n/m)
    const [sentence = '', ...documents] = head.split('\n')
    return { sentence, documents: documents.join('\n'), expected: expected.trimEnd().split('\n').filter(Boolean) }
  })

describe('of a cluster is said', () => {
  for (const { sentence, documents, expected } of CASES) {
    test(sentence, () => {
      const lines = linesAfter(documents)
      const different = documents.trim() === '' ? lines : lines.filter((line) => !BEFORE.has(line))
      assert.deepEqual(different, expected, `say\n${different.join('\n')}\n`)
    })
  }
})

function linesAfter(documents: string): readonly string[] {
  const judgement = newJudgement()
  const snapshots = new Snapshots(judgement, { nameServers: ['10.96.0.10'], clusterDomain: 'cluster.local' })
  const said = [CLUSTER, ...documents.split(/^then\n/m)].map((step) => {
    judgement.apply(changesOf(step))
    // Asked after every step: nothing that was found out earlier may stay.
    return describeVerdicts(judgement, snapshots)
  })
  return said.at(-1) ?? []
}
