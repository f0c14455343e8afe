// Payloads of the records that come with every statement: fixed fields, written in place. The rare kinds are JSON.
//
// They are written through a DataView, which the compiler turns into single stores; a Buffer's methods check and split.
import { HASH_BYTES } from './format.ts'

/** How an intent holds the text and parameters. */
export const FORM = { redacted: 0, clear: 1, encrypted: 2 } as const

export const INTENT_BYTES = 24 + 2 * HASH_BYTES
export const RESPONSE_BYTES = 16
/** Behind the captured bytes of an outcome. */
export const OUTCOME_TAIL_BYTES = 76
/** Of the keyed digest over what was beyond the caps (GMAC). */
const BEYOND_DIGEST_BYTES = 16
/** An error code is clipped to this. */
const CODE_BYTES = 16

const CLIPPED_AT = 23
/** Bits that say which literals are not there whole. */
const CLIPPED = { text: 1, values: 2 } as const

/**
 * f64 ordinal | u32 shape | u32 decision | u32 masks | u16 parameters | u8 form | u8 clipped | text digest | parameters digest,
 * and where `form` is not redacted the literals behind that.
 */
export function writeIntent(
  view: DataView,
  at: number,
  ordinal: number,
  shape: number,
  decision: number,
  masks: number,
  parameters: number,
  form: number,
): void {
  view.setFloat64(at, ordinal, true)
  view.setUint32(at + 8, shape, true)
  view.setUint32(at + 12, decision, true)
  view.setUint32(at + 16, masks, true)
  view.setUint16(at + 20, Math.min(parameters, 0xffff), true)
  view.setUint8(at + 22, form)
  view.setUint8(at + CLIPPED_AT, 0)
}

/** Latin1, 32 characters each; `parameters` is '' where there are none. `at` is where the intent's payload starts. */
export function writeDigests(view: DataView, at: number, text: string, parameters: string): void {
  writeLatin1(view, at + 24, text, HASH_BYTES)
  writeLatin1(view, at + 24 + HASH_BYTES, parameters, HASH_BYTES)
}

/** An intent's text and parameters, clear or encrypted. */
export interface Literals {
  readonly text: Uint8Array
  readonly values: Uint8Array
  readonly clipped: { readonly text: boolean; readonly values: boolean }
}

/** What they take behind the fields of their intent. */
export function literalsLength({ text, values }: Literals): number {
  return 4 + text.length + 4 + values.length
}

/** u32 length | text | u32 length | parameters. `at` is where the intent's payload starts. */
export function writeLiterals(buffer: Buffer, at: number, { text, values, clipped }: Literals): void {
  buffer[at + CLIPPED_AT] = (clipped.text ? CLIPPED.text : 0) | (clipped.values ? CLIPPED.values : 0)
  const textAt = buffer.writeUInt32LE(text.length, at + INTENT_BYTES)
  buffer.set(text, textAt)
  const valuesAt = buffer.writeUInt32LE(values.length, textAt + text.length)
  buffer.set(values, valuesAt)
}

export interface IntentFields {
  readonly ordinal: number
  readonly shape: number
  readonly decision: number
  readonly masks: number
  readonly parameters: number
  readonly form: number
  readonly textDigest: string
  readonly parametersDigest: string
  /** Clear or encrypted text and parameters; empty when redacted. */
  readonly text: Buffer
  readonly values: Buffer
}

export function readIntent(payload: Buffer): IntentFields {
  const at = INTENT_BYTES
  const form = payload.readUInt8(22)
  const textLength = form === FORM.redacted ? 0 : payload.readUInt32LE(at)
  const valuesAt = form === FORM.redacted ? at : at + 4 + textLength
  const valuesLength = form === FORM.redacted ? 0 : payload.readUInt32LE(valuesAt)
  return {
    ordinal: payload.readDoubleLE(0),
    shape: payload.readUInt32LE(8),
    decision: payload.readUInt32LE(12),
    masks: payload.readUInt32LE(16),
    parameters: payload.readUInt16LE(20),
    form,
    textDigest: payload.toString('hex', 24, 24 + HASH_BYTES),
    parametersDigest: payload.toString('hex', 24 + HASH_BYTES, INTENT_BYTES),
    text: payload.subarray(at + 4, at + 4 + textLength),
    values: payload.subarray(valuesAt + 4, valuesAt + 4 + valuesLength),
  }
}

/** f64 ordinal | u32 columns | u32 captured length | captured bytes. An outcome starts the same way. */
export function writeResponse(view: DataView, at: number, ordinal: number, columns: number, captured: number): void {
  view.setFloat64(at, ordinal, true)
  view.setUint32(at + 8, columns, true)
  view.setUint32(at + 12, captured, true)
}

export interface ResponseFields {
  readonly ordinal: number
  readonly columns: number
  readonly captured: Buffer
}

export function readResponse(payload: Buffer): ResponseFields {
  const length = payload.readUInt32LE(12)
  if (RESPONSE_BYTES + length > payload.length) throw new RangeError('captured bytes reach beyond their record')
  return {
    ordinal: payload.readDoubleLE(0),
    columns: payload.readUInt32LE(8),
    captured: payload.subarray(RESPONSE_BYTES, RESPONSE_BYTES + length),
  }
}

/** What became of a statement. */
export interface OutcomeFields {
  readonly rows: number
  readonly bytes: number
  readonly masked: number
  /** Rows and bytes beyond the caps, which only the digest covers. */
  readonly beyondRows: number
  readonly beyondBytes: number
  /** Latin1: the 16 bytes of the keyed digest over the bytes beyond the caps, or ''. */
  readonly beyondDigest: string
  /** The protocol's own error code, at most 16 bytes of ASCII; '' when it succeeded. */
  readonly code: string
}

/** f64 rows | f64 bytes | f64 masked | f64 beyond rows | f64 beyond bytes | digest (16) | u32 code length | code (16) */
export function writeOutcomeTail(view: DataView, at: number, outcome: OutcomeFields): void {
  view.setFloat64(at, outcome.rows, true)
  view.setFloat64(at + 8, outcome.bytes, true)
  view.setFloat64(at + 16, outcome.masked, true)
  view.setFloat64(at + 24, outcome.beyondRows, true)
  view.setFloat64(at + 32, outcome.beyondBytes, true)
  writeLatin1(view, at + 40, outcome.beyondDigest, BEYOND_DIGEST_BYTES)
  view.setUint32(at + 56, Math.min(outcome.code.length, CODE_BYTES), true)
  writeLatin1(view, at + 60, outcome.code, CODE_BYTES)
}

export function readOutcomeTail(payload: Buffer): OutcomeFields {
  const at = RESPONSE_BYTES + payload.readUInt32LE(12)
  const length = Math.min(payload.readUInt32LE(at + 56), CODE_BYTES)
  const beyondBytes = payload.readDoubleLE(at + 32)
  return {
    rows: payload.readDoubleLE(at),
    bytes: payload.readDoubleLE(at + 8),
    masked: payload.readDoubleLE(at + 16),
    beyondRows: payload.readDoubleLE(at + 24),
    beyondBytes,
    beyondDigest: beyondBytes === 0 ? '' : payload.toString('latin1', at + 40, at + 56),
    code: payload.toString('latin1', at + 60, at + 60 + length),
  }
}

/** `size` bytes: the text, clipped, and zeros. For a few bytes a loop takes less time than a native call. */
function writeLatin1(view: DataView, at: number, text: string, size: number): void {
  const length = Math.min(text.length, size)
  for (let i = 0; i < length; i++) view.setUint8(at + i, text.charCodeAt(i))
  for (let i = length; i < size; i++) view.setUint8(at + i, 0)
}
