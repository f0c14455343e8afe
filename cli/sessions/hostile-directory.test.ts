// Whoever can write the state directory can put anything there, under any name: each is named for what it is, none keeps the others
// from being verified, commands the terminal or forges a line.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  closeSync,
  copyFileSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { KIND } from '#contracts/recording/format.ts'
import { json, makeSample, SAMPLE, SAMPLE_MANIFEST, SAMPLE_PREAMBLE } from '#contracts/recording/testdata.ts'
import { listed, recordingIn, sessions, writeManifest, writeState } from './testdata.ts'

const root = mkdtempSync(join(tmpdir(), 'hostile-'))
after(() => rmSync(root, { recursive: true }))
let states = 0

/** One honest session, `honest`, and what the test puts beside it. */
function state(): string {
  const path = join(root, String(++states))
  writeState(path, { honest: {} })
  return path
}

const NO_FILES: Readonly<Record<string, (path: string) => void>> = {
  'a directory': (path) => mkdirSync(path),
  'a FIFO that nobody writes': (path) => void execFileSync('mkfifo', [path]),
  'a link to a device without end': (path) => symlinkSync('/dev/zero', path),
  'a link to nothing': (path) => symlinkSync('/nowhere/at/all', path),
  'a link to itself': (path) => symlinkSync(path, path),
}

describe('what is no file', () => {
  for (const [what, put] of Object.entries(NO_FILES)) {
    test(`${what} under a session’s name is unreadable, and the others are verified`, async () => {
      const directory = state()
      put(recordingIn(directory, 'planted'))
      const { exit, out } = await sessions('verify', '--state', directory)
      assert.equal(exit, 1)
      assert.match(out, /^honest {2}sealed, 10 records$/m)
      assert.match(out, /^planted {2}unreadable\n {2}it (is not a file|cannot be read: .+)$/m)
      assert.match((await sessions('show', 'planted', '--state', directory)).err, /it (is not a file|cannot be read)/)
    })

    test(`${what} under a manifest’s name is named`, async () => {
      const directory = state()
      put(recordingIn(directory, 'manifest-000002'))
      const { exit, out } = await sessions('verify', '--state', directory)
      assert.equal(exit, 1)
      assert.match(out, /^manifest-000002.recording {2}altered: it (is not a file|cannot be read: .+)$/m)
      assert.match(out, /^honest {2}sealed/m)
    })
  }

  test('zeros without end behind a recording are damage, read no further', async () => {
    const directory = state()
    const file = openSync(recordingIn(directory, 'honest'), 'r+')
    ftruncateSync(file, 2 ** 33)
    closeSync(file)
    const { exit, out } = await sessions('verify', '--state', directory)
    assert.equal(exit, 1)
    assert.match(out, /^honest {2}altered\n {2}record 11: the head of a record is damaged$/m)
  })
})

const HOSTILE = '\u001b[2J\u009b1m\u202e\nhonest  sealed, 99 records\n'

describe('a name or a text', () => {
  const PUT: Readonly<Record<string, (directory: string) => void>> = {
    'in a file’s name': (directory) => writeFileSync(recordingIn(directory, HOSTILE), 'nothing'),
    'in a preamble': (directory) => {
      const agent = { namespace: HOSTILE, serviceAccount: HOSTILE, user: { username: HOSTILE, provider: HOSTILE } }
      const manifest = { file: HOSTILE, sequence: 0, hash: HOSTILE }
      const texts = { session: HOSTILE, connection: HOSTILE, startedAt: HOSTILE, protocol: HOSTILE, keyId: HOSTILE }
      const preamble = { ...SAMPLE_PREAMBLE, ...texts, agent, manifest }
      writeFileSync(recordingIn(directory, 'planted'), makeSample(SAMPLE, undefined, preamble).bytes)
    },
    'in a manifest': (directory) => {
      const preamble = { ...SAMPLE_MANIFEST, number: 2, previous: { file: HOSTILE, bytes: 1, hash: HOSTILE } }
      writeFileSync(recordingIn(directory, 'manifest-000002'), makeSample([], undefined, preamble).bytes)
    },
  }
  for (const [where, put] of Object.entries(PUT)) {
    test(`${where} commands no terminal and forges no line`, async () => {
      const directory = state()
      put(directory)
      const shown = readdirSync(join(directory, 'recordings')).includes('planted.recording') ? ['show', 'replay'] : []
      for (const args of [['verify'], ['list'], ...shown.map((command) => [command, 'planted'])]) {
        const { out, err } = await sessions(...args, '--state', directory)
        assert.doesNotMatch(out + err, /[^\n\P{Cc}]|\p{Cf}/u)
        assert.doesNotMatch(out, /^honest {2}sealed, 99/m)
      }
    })
  }
})

describe('a file that no gateway wrote', () => {
  const SHAPELESS = { toString: 1, valueOf: 1 }
  const ODD = [
    { kind: KIND.event, payload: json({ type: SHAPELESS, deep: null }) },
    { kind: KIND.event, payload: Buffer.from(`{"type":"deep","levels":${'['.repeat(100_000)}${']'.repeat(100_000)}}`) },
    { kind: KIND.link },
    {
      kind: KIND.end,
      payload: json({ reason: SHAPELESS, intents: SHAPELESS, outcomes: SHAPELESS, dropped: SHAPELESS }),
    },
  ]

  test('is shown whatever its JSON is', async () => {
    const directory = join(root, 'odd')
    writeState(directory, {
      odd: { preamble: { agent: { namespace: SHAPELESS, serviceAccount: SHAPELESS, user: SHAPELESS } }, records: ODD },
    })
    for (const args of [
      ['show', 'odd'],
      ['replay', 'odd'],
      ['show', 'odd', '--output', 'json'],
      ['list'],
      ['verify', '--output', 'json'],
    ]) {
      const { exit, err } = await sessions(...args, '--state', directory)
      assert.deepEqual([exit, err], [0, ''], args.join(' '))
    }
  })
})

describe('the manifest', () => {
  test('lists nothing that no checkpoint covers: anybody can link records to the last one', async () => {
    const directory = state()
    const forged = makeSample(SAMPLE.slice(0, 3), undefined, { ...SAMPLE_PREAMBLE, session: 'forged' })
    writeFileSync(recordingIn(directory, 'forged'), forged.bytes)
    const honest = makeSample(SAMPLE, undefined, { ...SAMPLE_PREAMBLE, session: 'honest' })
    const sealed = (session: string) => ({ kind: KIND.sealed, payload: json({ session, records: 3, hash: 'another' }) })
    writeManifest(directory, [
      listed('honest', honest.bytes.subarray(0, honest.offsets[0])),
      { kind: KIND.link },
      { kind: KIND.checkpoint, payload: json({ entries: 1 }) },
      listed('forged', forged.bytes.subarray(0, forged.offsets[0])),
      sealed('honest'),
      { kind: KIND.link },
    ])
    const { out } = await sessions('verify', '--state', directory)
    assert.match(out, /^forged {2}not in the manifest/m)
    assert.match(out, /^honest {2}sealed/m)
  })

  test('that was changed is named itself: what it can no longer list is neither missing nor altered', async () => {
    const directory = state()
    const path = recordingIn(directory, 'manifest-000001')
    const manifest = readFileSync(path)
    const first = manifest.indexOf('"session":"honest"')
    for (let at = first; at < manifest.indexOf('}', first); at++) {
      const changed = Buffer.from(manifest)
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at)
      writeFileSync(path, changed)
      const { exit, out } = await sessions('verify', '--state', directory)
      assert.equal(exit, 1)
      assert.match(out, /^manifest-000001.recording {2}altered: record 1: its bytes were changed$/m)
      assert.match(out, /0 altered, 0 missing$/m)
    }
  })

  test('that a session began under is named where it is missing', async () => {
    const directory = state()
    rmSync(recordingIn(directory, 'manifest-000001'))
    const { exit, out } = await sessions('verify', '--state', directory)
    assert.equal(exit, 1)
    assert.match(
      out,
      /^honest {2}altered\n {2}preamble: manifest-000001.recording, in force when it began, is missing$/m,
    )
  })
})

describe('show and replay', () => {
  for (const command of ['show', 'replay']) {
    test(`${command} says first that a session is another one under this name, and exits with 1`, async () => {
      const directory = join(root, `swapped-${command}`)
      writeState(directory, { one: {}, two: {} })
      copyFileSync(recordingIn(directory, 'one'), recordingIn(directory, 'two'))
      const { exit, out } = await sessions(command, 'two', '--state', directory)
      assert.equal(exit, 1)
      assert.match(out, /^ALTERED: /)
      assert.match(out, /\nALTERED\n {2}preamble: it is session one under another name\n/)
    })
  }

  test('say who was behind the agent', async () => {
    const directory = join(root, 'person')
    const agent = {
      namespace: 'agents',
      serviceAccount: 'analyst',
      user: { username: 'ana', provider: 'corp', groups: [] },
    }
    writeState(directory, { person: { preamble: { agent } } })
    for (const args of [['show', 'person'], ['list']])
      assert.match((await sessions(...args, '--state', directory)).out, /agents\/analyst for ana \(corp\)/)
  })
})
