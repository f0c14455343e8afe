import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { THINGS } from './testing/things.fixture.ts'
import { type WatchEvent, watchEvents } from './watch-events.ts'

const DEFAULTS = { apiVersion: 'v1', kind: 'Thing' }
const ASKED = { verb: 'watch', resource: THINGS }

async function* bodyOf(chunks: readonly Uint8Array[], failing?: Error): AsyncGenerator<Uint8Array> {
  yield* chunks
  if (failing !== undefined) throw failing
}

async function read(chunks: readonly Uint8Array[], maxLineBytes?: number): Promise<WatchEvent[]> {
  const events: WatchEvent[] = []
  for await (const event of watchEvents(ASKED, bodyOf(chunks), DEFAULTS, maxLineBytes)) events.push(event)
  return events
}

function object(name: string, more: object = {}) {
  return { metadata: { name, namespace: 'team', uid: 'u', resourceVersion: '7', ...more } }
}

function line(type: string, about: unknown): string {
  return `${JSON.stringify({ type, object: about })}\n`
}

const LINES = [
  line('ADDED', object('a')),
  line('MODIFIED', { ...object('ü-𝄞'), spec: { text: 'a\nb' } }),
  line('BOOKMARK', { kind: 'Thing', apiVersion: 'v1', metadata: { resourceVersion: '9', creationTimestamp: null } }),
  '\n',
  line('DELETED', object('a')),
].join('')

describe('events of a watch', () => {
  test('are what the lines say', async () => {
    const events = await read([Buffer.from(LINES)])
    assert.deepEqual(
      events.map((event) => (event.type === 'Bookmark' ? event : [event.type, event.object.metadata.name])),
      [['Changed', 'a'], ['Changed', 'ü-𝄞'], { type: 'Bookmark', resourceVersion: '9' }, ['Deleted', 'a']],
    )
    assert.ok(events[0]?.type === 'Changed' && events[0].object.kind === 'Thing', 'the kind of what was asked for')
  })

  test('are the same however the bytes are cut', async () => {
    const bytes = Buffer.from(LINES)
    const whole = await read([bytes])
    const single = await read([...bytes].map((byte) => Uint8Array.of(byte)))
    assert.deepEqual(single, whole)
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 10 }), async (cuts) => {
        const ends = [0, ...cuts.sort((a, b) => a - b), bytes.length]
        const chunks = ends.slice(1).map((end, index) => bytes.subarray(ends[index], end))
        assert.deepEqual(await read(chunks), whole)
      }),
    )
  })

  test('a line that is not whole at the end does not count', async () => {
    assert.equal((await read([Buffer.from(`${LINES}{"type":"ADDED","object":`)])).length, 4)
    assert.equal((await read([Buffer.from(LINES + line('ADDED', object('b')).trimEnd())])).length, 4)
  })

  const BROKEN: Readonly<Record<string, readonly [text: string, expected: object]>> = {
    'no JSON': [
      '<html>\n',
      { reason: 'BadAnswer', message: 'watch things.example.org: a line of the watch is no JSON' },
    ],
    'no event': ['[]\n', { reason: 'BadAnswer', message: 'watch things.example.org: a line of the watch is no event' }],
    'an unknown type': [line('RENAMED', object('a')), { reason: 'BadAnswer' }],
    'no object': [line('ADDED', 5), { reason: 'BadAnswer' }],
    'an object without a name': [line('ADDED', object('')), { reason: 'BadAnswer' }],
    'an object without a version': [line('ADDED', object('a', { resourceVersion: '' })), { reason: 'BadAnswer' }],
    'a bookmark without a version': [line('BOOKMARK', { metadata: {} }), { reason: 'BadAnswer' }],
    'a Status that has expired': [
      line('ERROR', { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version: 1 (2)' }),
      {
        code: 410,
        reason: 'Expired',
        message: 'watch things.example.org: 410 Expired: too old resource version: 1 (2)',
      },
    ],
    'an error of no form': [line('ERROR', 'oops'), { code: 500 }],
  }
  for (const [name, [text, expected]] of Object.entries(BROKEN))
    test(`${name} is an error, after the events before it`, async () => {
      const seen: WatchEvent[] = []
      await assert.rejects(
        async () => {
          const body = bodyOf([Buffer.from(LINES + text)])
          for await (const event of watchEvents(ASKED, body, DEFAULTS)) seen.push(event)
        },
        { name: 'ApiError', ...expected },
      )
      assert.equal(seen.length, 4)
    })

  test('a line is bounded', async () => {
    const large = Buffer.from(line('ADDED', object('a', { text: 'x'.repeat(5_000) })).trimEnd())
    await assert.rejects(read([large.subarray(0, 2_500), large.subarray(2_500)], 3_000), {
      message: 'watch things.example.org: an event is larger than 3000 bytes',
    })
  })

  test('a connection that breaks is an error', async () => {
    const events = watchEvents(ASKED, bodyOf([Buffer.from(LINES)], new Error('socket hang up')), DEFAULTS)
    const seen: WatchEvent[] = []
    await assert.rejects(
      async () => {
        for await (const event of events) seen.push(event)
      },
      { reason: 'Unreachable', message: 'watch things.example.org: the connection broke' },
    )
    assert.equal(seen.length, 4)
  })
})
