// The walker's contract: whatever way a stream is cut, the same messages come out and no byte is lost or changed.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { MemoryBudget } from '#sidecar/memory-budget.ts'
import { message } from './server-messages.ts'
import { fromTarget } from './types.ts'
import { type Sink, Walker } from './walk.ts'
import { WireError } from './wire-error.ts'

/** Keeps the bytes of everything it is given, in order, and one line for each thing. */
class Keeper implements Sink {
  readonly rowsAreD = true
  readonly lines: string[] = []
  readonly bytes: Buffer[] = []
  readonly #flows: boolean
  rows = 0

  constructor(flows: boolean) {
    this.#flows = flows
  }

  mayFlow(): boolean {
    return this.#flows
  }

  run(type: number, buffer: Buffer, start: number, end: number, count: number): void {
    this.#keep(buffer, start, end)
    this.rows += count
    for (let i = 0; i < count; i++) this.lines.push(String.fromCharCode(type))
  }

  piece(type: number, buffer: Buffer, start: number, end: number, { first }: { first: boolean }): void {
    this.#keep(buffer, start, end)
    if (!first) return
    this.rows++
    this.lines.push(String.fromCharCode(type))
  }

  message(type: number, buffer: Buffer, start: number, end: number): void {
    this.#keep(buffer, start, end)
    this.lines.push(`${String.fromCharCode(type)}${end - start}`)
  }

  #keep(buffer: Buffer, start: number, end: number): void {
    this.bytes.push(Buffer.from(buffer.subarray(start, end)))
  }
}

const limits = () => ({ maxMessageBytes: 1 << 16, budget: new MemoryBudget(1 << 20), known: fromTarget })

function walk(chunks: readonly Buffer[], flows: boolean): Keeper {
  const keeper = new Keeper(flows)
  const walker = new Walker(limits())
  for (const chunk of chunks) walker.push(chunk, keeper)
  assert.ok(walker.atBoundary)
  return keeper
}

const row = (size: number): Buffer => message('D', Buffer.alloc(size, 7))
const STREAMS: Readonly<Record<string, readonly Buffer[]>> = {
  'a single message': [message('Z', Buffer.from('I'))],
  'messages without a body': [message('1'), message('2'), message('n'), message('s')],
  'a result': [
    message('T', Buffer.alloc(30)),
    row(10),
    row(0),
    row(300),
    message('C', Buffer.from('SELECT 3\0')),
    message('Z', Buffer.from('I')),
  ],
  'rows and notices by turns': [
    row(1),
    message('N', Buffer.from('x\0\0')),
    row(2),
    message('A', Buffer.alloc(9)),
    row(3),
  ],
  'copy data': [
    message('H', Buffer.alloc(3)),
    message('d', Buffer.from('a\n')),
    message('d', Buffer.alloc(0)),
    message('c'),
  ],
  'copy data and rows next to each other': [row(5), message('d', Buffer.alloc(5)), row(5)],
}

function cutEvery(bytes: Buffer, size: number): Buffer[] {
  const chunks: Buffer[] = []
  for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size))
  return chunks
}

describe('a walker gives the same messages', () => {
  for (const [name, messages] of Object.entries(STREAMS)) {
    const bytes = Buffer.concat(messages)
    for (const flows of [false, true]) {
      const whole = walk([bytes], flows)
      test(`${name}: whole, ${flows ? 'flowing' : 'held'}, verbatim`, () => {
        assert.equal(whole.lines.length, messages.length)
        assert.deepEqual(Buffer.concat(whole.bytes), bytes)
      })
      test(`${name}: cut everywhere, ${flows ? 'flowing' : 'held'}`, () => {
        for (let size = 1; size < bytes.length; size++) {
          const cut = walk(cutEvery(bytes, size), flows)
          assert.deepEqual(cut.lines, whole.lines)
          assert.deepEqual(Buffer.concat(cut.bytes), bytes)
        }
      })
    }
  }
})

test('random streams, cut at random, come out as they went in', () => {
  const types = ['1', '2', '3', 'C', 'D', 'D', 'd', 'E', 'N', 'S', 'T', 'Z', 'A', 't', 'G', 'H', 'c', 's', 'I']
  const one = fc.record({ type: fc.constantFrom(...types), body: fc.uint8Array({ maxLength: 40 }) })
  fc.assert(
    fc.property(
      fc.array(one, { maxLength: 20 }),
      fc.array(fc.nat(60), { maxLength: 60 }),
      fc.boolean(),
      (stream, cuts, flows) => {
        const bytes = Buffer.concat(stream.map(({ type, body }) => message(type, Buffer.from(body))))
        const chunks: Buffer[] = []
        let at = 0
        for (const cut of cuts) {
          chunks.push(bytes.subarray(at, at + cut))
          at = Math.min(bytes.length, at + cut)
        }
        chunks.push(bytes.subarray(at))
        const kept = walk(chunks, flows)
        assert.deepEqual(Buffer.concat(kept.bytes), bytes)
        assert.equal(kept.lines.length, stream.length)
      },
    ),
    { numRuns: 500 },
  )
})

test('random bytes give messages or a WireError, and never more bytes than came', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 64 }), { maxLength: 8 }), (chunks) => {
      const keeper = new Keeper(true)
      const walker = new Walker(limits())
      try {
        for (const chunk of chunks) walker.push(Buffer.from(chunk), keeper)
      } catch (error) {
        assert.ok(error instanceof WireError)
      }
      const came = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
      assert.ok(Buffer.concat(keeper.bytes).length <= came)
    }),
    { numRuns: 2000 },
  )
})

describe('a walker refuses', () => {
  const BROKEN: Readonly<Record<string, readonly [Buffer, string]>> = {
    'a type that this side does not send': [Buffer.from('Q\0\0\0\x05\0', 'latin1'), 'unknown-message'],
    'a length below its own size': [Buffer.from('Z\0\0\0\x03', 'latin1'), 'bad-length'],
    'a negative length': [Buffer.from('Z\xff\xff\xff\xff', 'latin1'), 'bad-length'],
    'an unfinished message over the bound': [Buffer.from('T\x00\x20\x00\x00', 'latin1'), 'too-large'],
    'a row of 2 GB that has to be whole': [Buffer.from('D\x7f\xff\xff\xff', 'latin1'), 'too-large'],
  }
  for (const [name, [bytes, code]] of Object.entries(BROKEN)) {
    for (const size of [1, bytes.length]) {
      test(`${name}, ${size === 1 ? 'byte by byte' : 'whole'}`, () => {
        const walker = new Walker(limits())
        assert.throws(
          () => {
            for (const chunk of cutEvery(bytes, size)) walker.push(chunk, new Keeper(false))
          },
          (error) => error instanceof WireError && error.code === code,
        )
      })
    }
  }
})

test('a flowing row of any size keeps no byte of it in memory', () => {
  const keeper = new Keeper(true)
  const walker = new Walker(limits())
  const head = Buffer.from('D\x10\x00\x00\x00', 'latin1')
  walker.push(head, keeper)
  for (let i = 0; i < 100; i++) {
    walker.push(Buffer.alloc(65536), keeper)
    assert.equal(walker.held, 0)
  }
  assert.equal(keeper.rows, 1)
})

describe('unfinished messages of all sessions together', () => {
  const half = Buffer.concat([Buffer.from('T\0\0\x40\0', 'latin1'), Buffer.alloc(1000)])
  const walkers = (budget: MemoryBudget, count: number): Walker[] =>
    Array.from({ length: count }, () => new Walker({ ...limits(), budget }))

  test('are refused where they would be more than the budget', () => {
    const [first, second, third] = walkers(new MemoryBudget(2500), 3)
    first?.push(half, new Keeper(false))
    second?.push(half, new Keeper(false))
    assert.throws(() => third?.push(half, new Keeper(false)), WireError)
  })

  test('give their bytes back when they are finished, and when their session ends', () => {
    const budget = new MemoryBudget(1 << 20)
    const [first, second] = walkers(budget, 2)
    first?.push(half, new Keeper(false))
    second?.push(half, new Keeper(false))
    assert.equal(budget.held, 2 * half.length)
    first?.push(Buffer.alloc(0x4001 - half.length), new Keeper(false))
    second?.abandon()
    assert.equal(budget.held, 0)
  })
})
