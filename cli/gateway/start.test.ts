// A start that fails says which option is to blame, opens nothing that stays open, and ends with 1.
import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { freePort } from '#e2e/free-port.ts'
import { openKeys } from '#sidecar/recorder/keys.ts'
import { run } from './run.ts'

const home = mkdtempSync(join(tmpdir(), 'sallyport-start-'))
const MANIFESTS = join(import.meta.dirname, '../../examples/postgres')
const STATE = join(home, 'state')
const FILE = join(home, 'file')
const somebody = createServer()
let taken = 0

before(async () => {
  writeFileSync(FILE, '')
  await new Promise<void>((resolve) => somebody.listen(0, '127.0.0.1', resolve))
  taken = (somebody.address() as AddressInfo).port
})

after(() => {
  somebody.close()
  rmSync(home, { recursive: true })
})

async function start(...args: readonly string[]): Promise<{ readonly code: number; readonly said: string }> {
  let said = ''
  const keep = { write: (text: string) => (said += text) }
  const code = await run(['--log', 'silent', ...args], { stdin: process.stdin, stdout: keep, stderr: keep })
  return { code, said }
}

const FAILURES: Readonly<Record<string, readonly [readonly string[], string]>> = {
  'manifests that are not there': [
    ['--manifests', 'nope', '--state', STATE],
    '--manifests nope: there is no such directory',
  ],
  'a state directory that is a file': [['--state', FILE], `--state ${FILE}: is a file, not a directory`],
  'a state directory below a file': [['--state', `${FILE}/x`], `--state ${FILE}/x: cannot be made: ${FILE} is a file`],
  'a state directory where nobody may make one': [
    ['--state', '/proc/nope'],
    '--state /proc/nope: cannot be made: the directory does not exist or takes no files (ENOENT)',
  ],
  'an audit file in a directory that is not there': [
    ['--state', STATE, '--audit', '/nonexistent/x'],
    '--audit /nonexistent/x: the directory does not exist',
  ],
  'an audit file that is a directory': [
    ['--state', STATE, '--audit', home],
    `--audit ${home}: is a directory, not a file`,
  ],
  'a Connection that does not exist': [
    ['--state', STATE, '--listen', 'data/other=127.0.0.1:1'],
    '--listen data/other: there is no such Connection; there are data/orders-db',
  ],
  'a Connection that would be its own target': [
    ['--state', STATE, '--listen', 'data/orders-db=127.0.0.1:5432'],
    '--listen data/orders-db=127.0.0.1:5432: that is where data/orders-db has its target; choose another port',
  ],
}

for (const [name, [args, problem]] of Object.entries(FAILURES)) {
  test(name, async () => {
    assert.deepEqual(await start('--manifests', MANIFESTS, ...args), {
      code: 1,
      said: `sallyport gateway: ${problem}\n`,
    })
  })
}

const TAKEN = 'this port is taken; choose another, or stop what listens there'

test('a taken port for metrics: nothing listens, and nothing is announced', async () => {
  const place = `127.0.0.1:${taken}`
  const free = await freePort()
  const failed = await start(
    ...['--manifests', MANIFESTS, '--state', STATE],
    ...['--listen', `data/orders-db=127.0.0.1:${free}`, '--metrics', place],
  )
  assert.deepEqual(failed, { code: 1, said: `sallyport gateway: --metrics ${place}: ${TAKEN}\n` })
  assert.equal(await answers(free), false)
})

test('a taken port for a Connection is told with its name, and metrics are closed again', async () => {
  const free = await freePort()
  const { code, said } = await start(
    ...['--manifests', MANIFESTS, '--state', STATE, '--metrics', `127.0.0.1:${free}`],
    ...['--listen', `data/orders-db=127.0.0.1:${taken}`],
  )
  assert.equal(code, 1)
  assert.ok(said.endsWith(`sallyport gateway: --listen data/orders-db=127.0.0.1:${taken}: ${TAKEN}\n`), said)
  assert.equal(await answers(free), false)
})

test('an address of another machine', async () => {
  const { said } = await start('--manifests', MANIFESTS, '--state', STATE, '--listen', 'data/orders-db=192.0.2.1:5432')
  assert.equal(
    said,
    'sallyport gateway: --listen data/orders-db=192.0.2.1:5432: this machine has no such address; 127.0.0.1 is always there\n',
  )
})

test('a key that this user cannot read', { skip: process.getuid?.() === 0 && 'root reads everything' }, async () => {
  const state = join(home, 'unreadable')
  openKeys(state)
  chmodSync(join(state, 'installation.key'), 0)
  const { said } = await start('--manifests', MANIFESTS, '--state', state)
  assert.equal(said, `sallyport gateway: --state ${state}: installation.key cannot be read by this user\n`)
})

test('a damaged key names the option too', async () => {
  const state = join(home, 'damaged')
  openKeys(state)
  writeFileSync(join(state, 'installation.key'), readFileSync(join(state, 'installation.key')).subarray(1))
  const { said } = await start('--manifests', MANIFESTS, '--state', state)
  assert.match(said, /^sallyport gateway: --state .*31 bytes instead of 32: restore it/)
})

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}
