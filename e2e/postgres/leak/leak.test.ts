// No planted value, however asked for, is ever in the bytes that the agent receives, nor in anything the gateway writes.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { serialize } from 'pg-protocol'
import type { PostgresServer } from '../embedded.ts'
import type { Gateway } from '../gateway.ts'
import { type Message, openSession, type RawOptions } from '../raw.ts'
import { PATHS } from './paths.ts'
import { MIXED, UNPROTECTED } from './plain.ts'
import { leakPolicy, PREDICATES } from './policies.ts'
import { seeded } from './random.ts'
import { Prober, tally } from './run.ts'
import { allNeedles, LITERAL, leaks, recordedNeedles } from './secrets.ts'
import { asOwner, guarded, SEED, startVault, TRIES } from './stage.ts'

const NEEDLES = allNeedles()
const RECORDED = recordedNeedles()

for (const predicates of PREDICATES) {
  describe(`with predicates: ${predicates}`, () => {
    let server: PostgresServer
    let gateway: Gateway
    let through: RawOptions
    let direct: RawOptions

    before(async () => {
      server = await startVault()
      gateway = await guarded(server, leakPolicy(predicates))
      direct = asOwner(server)
      through = asOwner(gateway)
    })

    after(async () => {
      await gateway?.stop()
      await server?.stop()
    })

    test(`${TRIES} queries leak nothing, and many are answered`, async () => {
      const { leaky, answered } = await tally(through, seeded(SEED), TRIES, NEEDLES)
      assert.deepEqual(leaky.slice(0, 20), [], `${leaky.length} of ${TRIES} leak`)
      assert.ok(answered > TRIES * 0.1, `only ${answered} of ${TRIES} are answered: this shows little`)
    })

    test('unprotected columns arrive byte for byte, on every path', async () => {
      const differing: string[] = []
      const paths = Object.keys(PATHS).filter((name) => !UNSTEADY.includes(name))
      for (const [number, text] of UNPROTECTED.entries()) {
        // Every fourth path for each statement, another fourth for the next and for the next policy.
        for (const path of paths.filter((_, i) => i % 4 === (number + PREDICATES.indexOf(predicates)) % 4)) {
          const tried = { text, path, whole: false, number: 0 }
          const [one, two] = [new Prober(direct), new Prober(through)]
          const [expected, actual] = [await one.run(tried), await two.run(tried)]
          if (!expected.bytes.equals(actual.bytes))
            differing.push(`${path}: ${text}\n${printable(expected.bytes)}\n${printable(actual.bytes)}`)
          one.close()
          two.close()
        }
      }
      assert.deepEqual(differing.slice(0, 5), [], `${differing.length} differ`)
    })

    test('unprotected cells beside protected ones arrive byte for byte', async () => {
      const differing: string[] = []
      for (const { text, plain } of MIXED) {
        for (const binary of [false, true]) {
          const [expected, actual] = [await cells(direct, text, binary), await cells(through, text, binary)]
          assert.equal(actual.length, expected.length, text)
          expected.forEach((row, n) => {
            for (const i of plain) if (row[i] !== actual[n]?.[i]) differing.push(`${text}: row ${n}, column ${i}`)
          })
        }
      }
      assert.deepEqual(differing, [])
    })

    test('literals and planted values are in nothing that the gateway wrote', async () => {
      const session = await openSession(through)
      session.send(serialize.query(`select word from other where word = '${LITERAL}'`))
      await session.until('Z')
      session.send(
        serialize.parse({ text: 'select word from other where word = $1' }),
        serialize.bind({ values: [LITERAL] }),
        serialize.execute(),
        serialize.sync(),
      )
      await session.until('Z')
      session.close()
      await new Promise((resolve) => setTimeout(resolve, 500))
      const found: string[] = []
      let bytes = 0
      for await (const { name, chunk } of gateway.written()) {
        bytes += chunk.length
        for (const text of spellings(chunk))
          for (const leak of leaks(text, [...RECORDED, Buffer.from(LITERAL)])) found.push(`${name}: ${leak}`)
      }
      assert.ok(bytes > 100_000, `only ${bytes} bytes were recorded`)
      assert.deepEqual([...new Set(found)].slice(0, 20), [])
    })
  })
}

/**
 * Paths whose answers differ by nature: numbers that change from session to session, an error whose words are withheld
 * while a mask is in force, and messages whose later statements mean what the earlier ones make of them, which are refused.
 */
const UNSTEADY = [
  'explain analyze',
  'explain as json',
  'temporary table',
  'table made by executing',
  'temporary view',
  'extended, one format for two columns',
  'prepared and executed in one message',
  'cursor in one message',
]

async function cells(options: RawOptions, text: string, binary: boolean): Promise<readonly (readonly string[])[]> {
  const session = await openSession(options)
  session.send(serialize.parse({ text }), serialize.bind({ binary }), serialize.execute(), serialize.sync())
  const messages = await session.until('Z')
  session.close()
  const error = messages.find(({ type }) => type === 'E')
  if (error) throw new Error(`${text}: ${error.body.toString('utf8')}`)
  return messages.filter(({ type }) => type === 'D').map(rowCells)
}

function rowCells({ body }: Message): readonly string[] {
  const found: string[] = []
  for (let at = 2; at < body.length; ) {
    const length = body.readInt32BE(at)
    found.push(length < 0 ? 'NULL' : body.toString('hex', at + 4, at + 4 + length))
    at += 4 + Math.max(0, length)
  }
  return found
}

/** The bytes themselves, and whatever base64 among them stands for. */
function spellings(chunk: Buffer): readonly Buffer[] {
  const encoded = chunk.toString('latin1').match(/[A-Za-z0-9+/]{24,}={0,2}/g) ?? []
  return [chunk, Buffer.concat(encoded.map((text) => Buffer.from(text, 'base64')))]
}

function printable(bytes: Buffer): string {
  return bytes
    .toString('latin1')
    .replaceAll(/[^ -~]/g, '.')
    .slice(0, 600)
}
