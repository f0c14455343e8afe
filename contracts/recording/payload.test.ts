import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { RECORD_BYTES } from './format.ts'
import { readHead, viewOf, writeHead } from './frame.ts'
import {
  FORM,
  INTENT_BYTES,
  literalsLength,
  OUTCOME_TAIL_BYTES,
  RESPONSE_BYTES,
  readIntent,
  readOutcomeTail,
  readResponse,
  writeIntent,
  writeLiterals,
  writeOutcomeTail,
  writeResponse,
} from './payload.ts'

const count = fc.maxSafeNat()
const id = fc.nat(0xffffffff)

test('a head comes back as it was written', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 2 ** 48 - 1 }),
      fc.integer({ min: 1, max: 255 }),
      count,
      fc.nat(),
      (sequence, kind, time, length) => {
        const bytes = Buffer.alloc(RECORD_BYTES)
        writeHead(viewOf(bytes), 0, kind, sequence, time, length)
        assert.deepEqual(readHead(bytes, 0), { payloadLength: length, kind, sequence, time })
      },
    ),
  )
})

test('an intent comes back as it was written', () => {
  fc.assert(
    fc.property(count, id, id, id, fc.nat(0xffff), (ordinal, shape, decision, masks, parameters) => {
      const bytes = Buffer.alloc(INTENT_BYTES)
      writeIntent(viewOf(bytes), 0, ordinal, shape, decision, masks, parameters, FORM.redacted)
      const { text, values, textDigest, parametersDigest, ...fields } = readIntent(bytes)
      assert.deepEqual(fields, { ordinal, shape, decision, masks, parameters, form: FORM.redacted })
      assert.deepEqual(
        [text.length, values.length, textDigest, parametersDigest],
        [0, 0, '00'.repeat(32), '00'.repeat(32)],
      )
    }),
  )
})

test('an intent’s literals come back as they were written, and a bit says of each whether it was clipped', () => {
  const literal = fc.uint8Array({ maxLength: 50 })
  fc.assert(
    fc.property(literal, literal, fc.boolean(), fc.boolean(), (text, values, textClipped, valuesClipped) => {
      const literals = { text, values, clipped: { text: textClipped, values: valuesClipped } }
      const bytes = Buffer.alloc(8 + INTENT_BYTES + literalsLength(literals))
      writeIntent(viewOf(bytes), 8, 1, 2, 3, 4, 5, FORM.clear)
      writeLiterals(bytes, 8, literals)
      const payload = bytes.subarray(8)
      const read = readIntent(payload)
      assert.deepEqual([read.form, read.ordinal], [FORM.clear, 1])
      assert.deepEqual([Buffer.from(text), Buffer.from(values)], [Buffer.from(read.text), Buffer.from(read.values)])
      assert.equal(payload[23], Number(textClipped) + 2 * Number(valuesClipped))
    }),
  )
})

test('an outcome comes back as it was written, with what was captured before it', () => {
  const code = fc.string({ unit: fc.constantFrom(...'0123456789ABCXYZ'), maxLength: 16 })
  fc.assert(
    fc.property(
      count,
      id,
      fc.uint8Array({ maxLength: 50 }),
      count,
      count,
      code,
      (ordinal, columns, captured, rows, beyond, error) => {
        const outcome = {
          rows,
          bytes: rows,
          masked: 1,
          beyondRows: 0,
          beyondBytes: beyond,
          beyondDigest: beyond === 0 ? '' : '\u00ff\u0000'.repeat(8),
          code: error,
        }
        const bytes = Buffer.alloc(RESPONSE_BYTES + captured.length + OUTCOME_TAIL_BYTES)
        writeResponse(viewOf(bytes), 0, ordinal, columns, captured.length)
        bytes.set(captured, RESPONSE_BYTES)
        writeOutcomeTail(viewOf(bytes), RESPONSE_BYTES + captured.length, outcome)
        assert.deepEqual(readResponse(bytes), { ordinal, columns, captured: Buffer.from(captured) })
        assert.deepEqual(readOutcomeTail(bytes), outcome)
      },
    ),
  )
})
