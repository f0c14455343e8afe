import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import { auditTarget } from './audit-target.ts'

const FULL = '/dev/full'

test('audit events that cannot be written are told once, with the option and the reason', {
  skip: existsSync(FULL) ? false : 'this machine has no file that is always full',
}, async () => {
  const said: string[] = []
  const keep = (line: unknown) => said.push(String(line))
  const sink = await auditTarget(FULL, { error: keep, info: keep })
  for (let attempt = 0; attempt < 2; attempt += 1) await assert.rejects(sink.write(Buffer.from('{}\n')))
  await sink.close()
  assert.deepEqual(said, ['--audit /dev/full: audit events are lost: no space is left (ENOSPC)'])
})

test('without --audit they go nowhere, and nothing is wrong with that', async () => {
  const sink = await auditTarget(undefined, { error: assert.fail, info: assert.fail })
  await sink.write(Buffer.from('{}\n'))
  await sink.close()
})
