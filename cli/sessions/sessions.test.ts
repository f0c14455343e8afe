import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, describe, test } from 'node:test'
import { CHECK_AT, KIND } from '#contracts/recording/format.ts'
import { RecordingReader } from '#contracts/recording/reader.ts'
import { openKeys } from '#sidecar/recorder/keys.ts'
import { Recorder } from '#sidecar/recorder/recorder.ts'
import { DONE, FULL, intent, meta } from '#sidecar/recorder/testdata.ts'
import { run } from './run.ts'

const root = mkdtempSync(join(tmpdir(), 'sessions-'))
const original = join(root, 'original')
let first = ''
let second = ''
let cut = ''
let copies = 0

before(async () => {
  const keys = openKeys(original)
  const recorder = Recorder.open(original, keys)
  const sessions = [recorder.session(meta(), FULL), recorder.session(meta(), { ...FULL, literals: 'Encrypted' })]
  for (const session of sessions) {
    session.intent(intent('select \u001b[31m1'))
    session.response(1, Buffer.from('row \u001b]0;owned\u0007 one'), 1)
    session.outcome(1, DONE)
    await session.close('agent left')
  }
  first = sessions[0]?.id ?? ''
  second = sessions[1]?.id ?? ''
  await recorder.close('restart')
  const next = Recorder.open(original, keys)
  const session = next.session(meta(), FULL)
  cut = session.id
  session.intent(intent())
  await next.close('stopped')
})
after(() => rmSync(root, { recursive: true }))

async function sessions(...args: string[]): Promise<{ exit: number; out: string; err: string }> {
  let out = ''
  let err = ''
  const io = { stdout: { write: (text: string) => (out += text) }, stderr: { write: (text: string) => (err += text) } }
  return { exit: await run(args, io), out, err }
}

/** A copy of the state directory to do harm to. */
function copy(): { state: string; file: (name: string) => string } {
  const state = join(root, `copy-${++copies}`)
  cpSync(original, state, { recursive: true })
  return { state, file: (name) => join(state, 'recordings', `${name}.recording`) }
}

function flip(path: string, at: number): void {
  const bytes = readFileSync(path)
  bytes[at] = (bytes[at] ?? 0) ^ 1
  writeFileSync(path, bytes)
}

/** Puts another value of JSON in the place of one, at the same length. */
function rewrite(path: string, member: string, to: string): void {
  const bytes = readFileSync(path)
  const text = bytes.toString('latin1')
  const found = new RegExp(`"${member}":("[^"]*"|\\{[^}]*\\}|\\[[^\\]]*\\])`).exec(text)
  assert.ok(found?.[1] !== undefined, `${member} is in ${path}`)
  bytes.write(to.padEnd(found[1].length), found.index + member.length + 3, 'latin1')
  writeFileSync(path, bytes)
}

/** Gives the last record a time that is none, and a head that is whole all the same. */
function unsettle(path: string): void {
  const bytes = readFileSync(path)
  const head = bytes.subarray(endOf(path))
  head.writeDoubleLE(Number.NaN, 12)
  head[5] = 0
  head[5] = head.subarray(0, CHECK_AT).reduce((check, byte) => check ^ byte, 0)
  writeFileSync(path, bytes)
}

/** Where the end record starts. */
function endOf(path: string): number {
  const reader = new RecordingReader()
  return [...reader.push(readFileSync(path))].find(({ kind }) => kind === KIND.end)?.offset ?? 0
}

describe('verify', () => {
  test('an untouched state directory is as it was written', async () => {
    const { exit, out } = await sessions('verify', '--state', original, '--key', join(original, 'recording.pub'))
    assert.equal(exit, 0, out)
    assert.match(out, /3 sessions: 3 sealed, 0 open-ended/)
  })

  const HARM: Record<string, { harm: (files: ReturnType<typeof copy>) => void; says: () => RegExp }> = {
    'one flipped byte': {
      harm: ({ file }) => flip(file(first), endOf(file(first)) + 40),
      says: () => new RegExp(`${first} {2}altered\n {2}record \\d+: its bytes were changed`),
    },
    'a truncated file': {
      harm: ({ file }) => truncateSync(file(second), statSync(file(second)).size - 300),
      says: () => new RegExp(`${second} {2}altered\n.*the manifest lists it as sealed after record`),
    },
    'a file without its end': {
      harm: ({ file }) => truncateSync(file(second), endOf(file(second))),
      says: () => new RegExp(`${second} {2}altered\n.*the manifest lists it as sealed after record`),
    },
    'a file cut down to its preamble': {
      harm: ({ file }) => truncateSync(file(second), 20),
      says: () => new RegExp(`${second} {2}altered\n {2}preamble: its preamble is cut off`),
    },
    'a preamble that says something else than a preamble': {
      harm: ({ file }) => rewrite(file(first), 'manifest', 'null'),
      says: () => new RegExp(`${first} {2}altered\n {2}preamble: its preamble lacks required members`),
    },
    'a record of no time': {
      harm: ({ file }) => unsettle(file(first)),
      says: () => new RegExp(`${first} {2}altered\n {2}record \\d+: the head of a record is damaged`),
    },
    'a missing file': {
      harm: ({ file }) => rmSync(file(first)),
      says: () => new RegExp(`${first} {2}missing\n.*manifest-000001.recording lists it`),
    },
    'one session put in the place of another': {
      harm: ({ file }) => copyFileSync(file(first), file(second)),
      says: () => new RegExp(`${second} {2}altered\n {2}preamble: it is session ${first} under another name`),
    },
    'a missing manifest': {
      harm: ({ file }) => rmSync(file('manifest-000001')),
      says: () => /manifest-000002.recording {2}altered: manifest 1 is missing/,
    },
    'a manifest cut short': {
      harm: ({ file }) => truncateSync(file('manifest-000001'), statSync(file('manifest-000001')).size - 200),
      says: () => /manifest-000002.recording {2}altered: manifest-000001.recording is not what it was/,
    },
    'a flipped byte in the manifest': {
      harm: ({ file }) => flip(file('manifest-000002'), 400),
      says: () => /manifest-000002.recording {2}altered: record/,
    },
  }
  for (const [what, { harm, says }] of Object.entries(HARM)) {
    test(`finds ${what} and says where`, async () => {
      const files = copy()
      harm(files)
      const { exit, out } = await sessions('verify', '--state', files.state)
      assert.equal(exit, 1, out)
      assert.match(out, says())
    })
  }

  test('every flipped byte of every file is found', async () => {
    const files = copy()
    const missed: string[] = []
    for (const name of readdirSync(join(files.state, 'recordings'))) {
      const path = join(files.state, 'recordings', name)
      const { size } = statSync(path)
      for (let at = 0; at < size; at += 29) {
        flip(path, at)
        if ((await sessions('verify', '--state', files.state)).exit !== 1) missed.push(`${name} at ${at}`)
        flip(path, at)
      }
    }
    assert.deepEqual(missed, [])
  })

  test('does not accept the recordings of another installation', async () => {
    const other = join(root, 'other')
    openKeys(other)
    const { exit, out } = await sessions('verify', '--state', original, '--key', join(other, 'recording.pub'))
    assert.equal(exit, 1)
    assert.match(out, /its signature does not fit/)
  })

  test('gives JSON', async () => {
    const { out } = await sessions('verify', '--state', original, '--output', 'json')
    const report: unknown = JSON.parse(out)
    assert.ok(typeof report === 'object' && report !== null && 'sessions' in report)
  })
})

describe('a gateway killed with -9', () => {
  test('leaves recordings that verify, open-ended, with all that had been written', async () => {
    const state = join(root, 'killed')
    mkdirSync(state)
    const child = spawn(process.execPath, [join(import.meta.dirname, 'testdata-writer.ts'), state], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const ended = once(child, 'exit')
    let written = 0
    for await (const line of createInterface(child.stdout)) {
      written = Number(/^\d+ (\d+)$/.exec(line)?.[1] ?? written)
      if (written > 8_000_000) child.kill('SIGKILL')
    }
    assert.deepEqual(await ended, [null, 'SIGKILL'])
    const { exit, out } = await sessions('verify', '--state', state, '--output', 'json')
    assert.equal(exit, 0, out)
    const [session] = JSON.parse(out).sessions
    assert.equal(session.state, 'open')
    assert.ok(session.signedUpTo > 0, 'checkpoints were signed')
    const size = readdirSync(join(state, 'recordings')).reduce(
      (sum, name) => sum + statSync(join(state, 'recordings', name)).size,
      0,
    )
    assert.ok(size >= written)
  })
})

describe('a disk that is really full', () => {
  const mounted = join(root, 'tmpfs')
  const canMount = process.getuid?.() === 0 && tryMount(mounted)
  after(() => {
    if (canMount) execFileSync('umount', ['-l', mounted])
  })

  test('refuses statements; what was written verifies', {
    skip: canMount ? false : 'needs root and mount',
  }, async () => {
    const recorder = Recorder.open(mounted, openKeys(mounted), { retryMilliseconds: 5 })
    const session = recorder.session(meta(), FULL)
    let refused: unknown
    let taken = 0
    while (refused === undefined && taken < 100_000) {
      try {
        await session.intent(intent())
        taken++
        if (taken % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 1))
      } catch (error) {
        refused = error
      }
    }
    const { exit, out } = await sessions('verify', '--state', mounted)
    await assert.rejects(recorder.close('test'))
    assert.match(String(refused), /recording.*cannot be written/)
    assert.equal(exit, 0, out)
    // The disk may be full before the manifest lists the session.
    assert.match(out, /1 session: 0 sealed, (1 open-ended, 0|0 open-ended, 1) unlisted/)
  })
})

describe('show and replay', () => {
  test('print what the agent sent and received, without commanding the terminal', async () => {
    for (const command of ['show', 'replay']) {
      const { exit, out } = await sessions(command, first, '--state', original)
      assert.equal(exit, 0)
      assert.match(out, /select id from orders where id = \?/)
      assert.match(out, /Allow by data\/analysts\/reads/)
      assert.match(out, /#1 < row/)
      assert.ok(!out.includes('\u001b') && !out.includes('\u0007'))
    }
  })

  test('decrypt literals for whoever holds the installation key', async () => {
    assert.ok(!(await sessions('show', second, '--state', original)).out.includes('[31m1'))
    assert.match((await sessions('show', second, '--state', original, '--decrypt')).out, /select \\u001b\[31m1/)
  })

  test('use the decoder of the recording’s media type', async () => {
    let out = ''
    const io = { stdout: { write: (text: string) => (out += text) }, stderr: { write: () => true } }
    const decoder = {
      mediaType: 'application/x-sample',
      response: () => ({ columns: ['id'], rows: [['4711'], [null]], notes: ['SELECT 2'] }),
      parameters: () => [],
    }
    assert.equal(await run(['replay', first, '--state', original], io, [decoder]), 0)
    assert.match(out, /#1 < id\n.*#1 < 4711\n.*#1 < null\n.*#1 < SELECT 2/)
  })

  const ODD: Readonly<Record<string, readonly [member: string, value: string]>> = {
    'a number for a reason': ['reason', '1'],
    'a text for a shape': ['shape', '"select"'],
    'a number for a connection': ['connection', '1'],
  }
  for (const [what, [member, value]] of Object.entries(ODD)) {
    test(`of a session with ${what} show the rest`, async () => {
      const files = copy()
      rewrite(files.file(first), 'verdict', '"Deny"')
      rewrite(files.file(first), member, value)
      for (const format of ['text', 'json']) {
        const { exit, out, err } = await sessions('show', first, '--state', files.state, '--output', format)
        assert.deepEqual([exit, err], [1, ''])
        assert.match(out, /altered/i)
      }
    })
  }

  test('of an altered session exit with 1', async () => {
    const files = copy()
    flip(files.file(first), statSync(files.file(first)).size - 150)
    assert.equal((await sessions('show', first, '--state', files.state)).exit, 1)
  })
})

test('list names sessions, agents and connections', async () => {
  const { exit, out } = await sessions('list', '--state', original)
  assert.equal(exit, 0)
  assert.match(out, new RegExp(`${cut} .*agents/analyst +data/orders +1 +sealed`))
})

describe('a command that is not understood exits with 2 and says why', () => {
  const WRONG: Record<string, readonly string[]> = {
    'one of list, show, replay, verify is needed': [],
    'there is no command "frob"; there are list, show, replay, verify': ['frob', '--state', 'x'],
    '--state DIR is needed': ['list'],
    '--output is text or json': ['list', '--state', 'x', '--output', 'xml'],
    '--speed is a number': ['replay', 'x', '--state', 'x', '--speed', '0'],
    'there is no state directory nowhere': ['verify', '--state', 'nowhere'],
    'is no gateway’s state directory: nothing has been recorded there': ['list', '--state', import.meta.dirname],
  }
  for (const [says, args] of Object.entries(WRONG)) {
    test(says, async () => {
      const { exit, err } = await sessions(...args)
      assert.equal(exit, 2)
      assert.ok(err.includes(says), err)
    })
  }

  test('--help is understood', async () => assert.match((await sessions('--help')).out, /^Usage: sallyport sessions/))
})

function tryMount(path: string): boolean {
  try {
    mkdirSync(path)
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', path], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
