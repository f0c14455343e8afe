// What a gateway records stays in its pod, out of everybody's reach, and proves itself.
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { run as sessions } from '#cli/sessions/run.ts'
import { GATEWAY_CONTAINER } from '#contracts/pod/names.ts'
import { PROTOCOLS } from '#sidecar/protocols/registry.ts'
import type { Stage } from '../stage.ts'
import { part, podOf } from './agents.ts'

const DECODERS = PROTOCOLS.map(({ decoder }) => decoder)

export function recordings(stage: () => Stage): void {
  describe('recordings', () => {
    test('nobody gets at them through the API server', async () => {
      const of = await podOf(stage(), 'analyst')
      const { code, err } = await stage().exec({ namespace: 'agents', of, container: GATEWAY_CONTAINER }, 'ls')
      assert.notEqual(code, 0)
      assert.match(err, /sallyport/)
    })

    test('the volume holds the sessions, and they verify', async (context) => {
      assert.equal((await stage().psql('select ssn from customers where id = 2')).code, 0)
      assert.notEqual((await stage().psql('drop table customers')).code, 0)
      const copy = await mkdtemp(join(tmpdir(), 'sallyport-recordings-'))
      context.after(() => rm(copy, { recursive: true, force: true }))
      const volume = await volumeOf(stage())
      await stage().until('two sessions that verify', async () => {
        await stage().cluster.onNode(['sh', '-c', 'rm -rf "$1"/* && cp -r "$0"/. "$1"', volume, copy])
        const { code, text } = await say('verify', '--state', copy)
        return code === 0 && /sealed/.test(text)
      })
      const { text } = await say('list', '--state', copy, '--output', 'json')
      assert.match(text, /analyst/)
      const all = await stage()
        .cluster.onNode(['grep', '-r', '-l', '-a', '987-65-4321', volume])
        .catch(() => '')
      assert.equal(all, '', 'what was masked is not recorded either')
    })
  })
}

async function say(...words: readonly string[]): Promise<{ readonly code: number; readonly text: string }> {
  let text = ''
  const out = { write: (more: string) => (text += more) }
  const code = await sessions(words, { stdout: out, stderr: out }, DECODERS)
  return { code, text }
}

async function volumeOf(stage: Stage): Promise<string> {
  const uid = await part(stage, await podOf(stage, 'analyst'), '{.metadata.uid}')
  return `/var/lib/kubelet/pods/${uid}/volumes/kubernetes.io~empty-dir/sallyport-state`
}
