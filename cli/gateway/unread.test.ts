// A gateway whose standard output was closed (`sallyport gateway … | head`): what it has to say later ends no session.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { freePort } from '#e2e/free-port.ts'

const ROOT = join(import.meta.dirname, '../..')

test('a Connection that is added is announced to nobody, and the gateway goes on', async () => {
  const home = mkdtempSync(join(tmpdir(), 'sallyport-unread-'))
  try {
    const manifests = join(home, 'manifests')
    cpSync(join(ROOT, 'examples/postgres'), manifests, { recursive: true })
    const place = ['--manifests', manifests, '--state', join(home, 'state')]
    const listen = ['--listen', `data/orders-db=127.0.0.1:${await freePort()}`]
    const gateway = spawn(join(ROOT, 'sallyport'), ['gateway', ...place, ...listen], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const ended = once(gateway, 'exit')
    await once(gateway.stdout, 'data')
    gateway.stdout.destroy()
    const one = readFileSync(join(manifests, 'connection.yaml'), 'utf8')
    writeFileSync(join(manifests, 'second.yaml'), one.replaceAll('orders-db', 'orders-two'))
    let said = ''
    await new Promise<void>((resolve) => {
      gateway.stderr.setEncoding('utf8').on('data', (text: string) => {
        said += text
        if (said.includes('the manifests were read again')) resolve()
      })
      gateway.once('exit', () => resolve())
    })
    gateway.kill('SIGTERM')
    assert.deepEqual(await ended, [0, null], said)
  } finally {
    rmSync(home, { recursive: true })
  }
})
