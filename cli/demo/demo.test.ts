import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { run } from './run.ts'
import { mustHideSecrets } from './story.ts'

test('the demo shows what it says, and ends by itself', async () => {
  let [out, err] = ['', '']
  const io = {
    stdout: { write: (text: string) => (out += text) },
    stderr: { write: (text: string) => (err += text) },
  }
  const code = await run(['--once'], io)
  assert.equal(code, 0, `${out}\n${err}`)
  assert.match(out, /All of it really happened/)
})

test('an option it does not have is refused', async () => {
  let err = ''
  const code = await run(['--twice'], { stdout: { write: () => {} }, stderr: { write: (text) => (err += text) } })
  assert.equal(code, 2)
  assert.match(err, /unknown: --twice/)
})

test('a protected value in what is shown makes the demo fail', () => {
  assert.throws(() => mustHideSecrets('ssn 536-22-8714', 'a step'), /not so/)
})

describe('a demo that is told to stop leaves nothing behind', () => {
  const CASES: Readonly<Record<string, { readonly at: string; readonly stop: (pid: number) => void }>> = {
    'by Ctrl+C while it starts, which its database and gateway get too': {
      at: 'Starting',
      stop: (pid) => process.kill(-pid, 'SIGINT'),
    },
    'in the middle of the story, by a signal to it alone': {
      at: '\n3. ',
      stop: (pid) => process.kill(pid, 'SIGTERM'),
    },
  }
  for (const [name, { at, stop }] of Object.entries(CASES)) {
    test(name, async () => {
      const place = await mkdtemp(join(tmpdir(), 'sallyport-stopped-demo-'))
      // The database's own user has to get through.
      await chmod(place, 0o711)
      try {
        const main = join(import.meta.dirname, '../main.ts')
        const demo = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main, 'demo'], {
          env: { ...process.env, TMPDIR: place },
          stdio: ['ignore', 'pipe', 'pipe'],
          detached: true,
        })
        const ended = once(demo, 'close')
        let [out, err, told] = ['', '', false]
        demo.stderr.setEncoding('utf8').on('data', (text: string) => {
          err += text
        })
        demo.stdout.setEncoding('utf8').on('data', (text: string) => {
          out += text
          if (told || !out.includes(at) || demo.pid === undefined) return
          told = true
          stop(demo.pid)
        })
        assert.deepEqual(await ended, [130, null], `${out}\n${err}`)
        assert.equal(err, '')
        // Kept for the next one: the server's programs and a data directory to begin with.
        const left = (await readdir(place)).filter((file) => !/^sallyport-(template|postgres)-\d/.test(file))
        assert.deepEqual(left, [])
      } finally {
        await rm(place, { recursive: true, force: true })
      }
    })
  }
})
