import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Op, type OpKind, Pipeline } from './pipeline.ts'
import type { Running } from './running.ts'

function awaited(kind: OpKind, answered: (failed: boolean) => void): Op {
  const op = new Op(kind, 'agent')
  op.awaiting = { answered }
  return op
}

/**
 * Kinds of messages sent in order; `ok` answers the head, `no` refuses it, `copy` is CopyInResponse. What is left
 * behind: the kinds still to be answered, whether a Sync is missing, and which ops failed (by number).
 */
const CASES: Readonly<Record<string, readonly [script: string, left: string, unsynced: boolean, failed: string]>> = {
  'a query is answered': ['query ok', '', false, ''],
  'an open pipeline misses its Sync': ['parse bind ok', 'bind', true, ''],
  'a failure drops all up to the next Sync': ['parse bind execute sync no', 'sync', false, '0 1 2'],
  'a failure drops a Query too': ['parse query sync no', 'sync', false, '0 1'],
  'a failure with no Sync drops what is sent later': ['parse no bind execute', '', true, '0 1 2'],
  'a Query sent while the target skips is dropped': ['parse no query', '', true, '0 1'],
  'a Sync ends the skipping': ['parse no bind sync parse', 'sync parse', true, '0 1'],
  'what follows the Sync stays': ['parse bind sync parse sync no', 'sync parse sync', false, '0 1'],
  'a failed query goes on to its end': ['query query no', 'query query', false, ''],
  'COPY swallows the Syncs sent before its end': ['execute sync sync copy', 'execute', true, ''],
  'COPY keeps the Sync behind its end': ['execute sync copy-end sync copy', 'execute sync', false, ''],
  'the end of a COPY that never began is nothing': ['query copy-end query ok', 'query', false, ''],
  'the end of a COPY alone is nothing': ['copy-end', '', false, ''],
}

for (const [name, [script, left, unsynced, failed]] of Object.entries(CASES)) {
  test(name, () => {
    const pipeline = new Pipeline()
    const lost: number[] = []
    let sent = 0
    for (const word of script.split(' ')) {
      if (word === 'ok') pipeline.shift()
      else if (word === 'no') pipeline.fail()
      else if (word === 'copy') pipeline.copyBegins()
      else {
        const number = sent++
        const answered = (failed: boolean) => {
          if (failed) lost.push(number)
        }
        pipeline.add(awaited(word as OpKind, answered))
      }
    }
    assert.equal([...pipeline.pending()].map(({ kind }) => kind).join(' '), left)
    assert.equal(pipeline.unsynced, unsynced)
    assert.equal(lost.join(' '), failed)
  })
}

test('a pipeline is counted where the target ends it', () => {
  const pipeline = new Pipeline()
  const groups = (['parse', 'sync', 'query', 'parse', 'sync'] as const).map((kind) => {
    const op = new Op(kind, 'agent')
    pipeline.add(op)
    return op.group
  })
  assert.deepEqual(groups, [0, 0, 1, 2, 2])
})

test('the end of the session fails everything that is not answered', () => {
  const pipeline = new Pipeline()
  let failed = 0
  const answered = () => failed++
  for (const kind of ['parse', 'bind', 'sync', 'query'] as const) pipeline.add(awaited(kind, answered))
  pipeline.abandon()
  assert.equal(failed, 4)
  assert.ok(pipeline.idle)
})

test('what the target has answered is over; of what it has not nobody knows whether it ran', () => {
  const said: string[] = []
  const run = (name: string): Running =>
    ({ skip: () => said.push(`${name} skipped`), abandon: () => said.push(`${name} unanswered`) }) as unknown as Running
  const pipeline = new Pipeline()
  const first = new Op('query', 'agent', [run('a'), run('b'), run('c')])
  pipeline.add(first)
  pipeline.add(new Op('execute', 'agent', [run('d')]))
  first.at = 1
  pipeline.abandon()
  assert.deepEqual(said, ['b unanswered', 'c unanswered', 'd unanswered'])
})
