// The program as people start it from a checkout.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'

const ROOT = join(import.meta.dirname, '..')
const home = mkdtempSync(join(tmpdir(), 'sallyport-main-'))
after(() => rmSync(home, { recursive: true }))

function start(program: string, ...args: readonly string[]): { status: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd: home, encoding: 'utf8' })
  return { status, out: stdout, err: stderr }
}

test('from anywhere, through a symbolic link, it says which version it is', () => {
  const link = join(home, 'link')
  symlinkSync(join(ROOT, 'sallyport'), link)
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  assert.deepEqual(start(link, '--version'), { status: 0, out: `sallyport ${version}\n`, err: '' })
})

test('before the set-up it says what to do', () => {
  const copy = join(home, 'sallyport')
  cpSync(join(ROOT, 'sallyport'), copy)
  assert.deepEqual(start(copy, '--version'), { status: 1, out: '', err: 'sallyport: run "make setup" first\n' })
})

test('a command that is not there: the reason and the commands, not the whole help', () => {
  assert.deepEqual(start(join(ROOT, 'sallyport'), 'serve'), {
    status: 2,
    out: '',
    err: 'sallyport: there is no command "serve"; there are gateway, check, explain, sessions, observe, doctor, demo\nsallyport --help says more\n',
  })
})

test('what is read by somebody who has enough of it ends without a word', () => {
  const options = '--manifests "$1" --connection data/orders-db --agent namespace=agents'
  const script = `yes '"select 1"' | "$0" explain ${options} | head -n 1`
  const { status, out, err } = start('sh', '-c', script, join(ROOT, 'sallyport'), join(ROOT, 'examples/postgres'))
  assert.deepEqual([status, err], [0, ''])
  assert.match(out, /^\{"verb":"select".*\n$/)
})

const COMMANDS = ['gateway', 'check', 'explain', 'sessions', 'observe', 'doctor', 'demo']

for (const command of COMMANDS) {
  test(`${command}: each way to ask for help gives the same`, () => {
    const program = join(ROOT, 'sallyport')
    const asked = [
      [command, '--help'],
      [command, '-h'],
      ['help', command],
    ].map((args) => start(program, ...args))
    assert.match(asked[0]?.out ?? '', new RegExp(`^Usage: sallyport ${command} `))
    for (const one of asked) assert.deepEqual(one, { status: 0, out: asked[0]?.out, err: '' })
  })

  test(`${command}: an option that it does not have is named, in one sentence`, () => {
    const { status, err } = start(join(ROOT, 'sallyport'), command, '--nonsense')
    assert.equal(status, 2)
    assert.match(
      err,
      new RegExp(`^sallyport ${command}: [^.]*--nonsense[^.]*\nsallyport ${command} --help says more\n$`),
    )
  })
}

for (const command of ['gateway', 'check', 'explain', 'sessions', 'observe']) {
  test(`${command}: options that are not understood are answered with the reason, then where the help is`, () => {
    const { status, err } = start(join(ROOT, 'sallyport'), command)
    assert.equal(status, 2)
    assert.match(err, new RegExp(`^sallyport ${command}: .*\nsallyport ${command} --help says more\n$`))
  })
}
