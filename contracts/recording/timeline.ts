// Records as what happened: names looked up in the definitions, times put together.

import { type DecisionView, decisionIn, type MaskView, masksIn, type ShapeView, shapeIn } from './definitions.ts'
import { KIND, SIGNATURE_BYTES } from './format.ts'
import { isDeeper, isMembers } from './members.ts'
import { FORM, type OutcomeFields, readIntent, readOutcomeTail, readResponse } from './payload.ts'
import type { RecordRead } from './reader.ts'

export interface IntentEntry {
  readonly type: 'intent'
  readonly record: number
  readonly time: number
  readonly ordinal: number
  /** As `definition` records say them; undefined if the definition is not in the file, or is none. */
  readonly shape: ShapeView | undefined
  readonly decision: DecisionView | undefined
  readonly masks: readonly MaskView[]
  readonly parameters: number
  readonly textDigest: string
  readonly parametersDigest: string
  readonly literals: 'redacted' | 'clear' | 'encrypted'
  /** Clear or encrypted, as `literals` says. */
  readonly text: Buffer
  readonly values: Buffer
}

export interface ResponseEntry {
  readonly type: 'response'
  readonly record: number
  readonly time: number
  readonly ordinal: number
  readonly columns: unknown
  readonly captured: Buffer
}

export interface OutcomeEntry extends Omit<ResponseEntry, 'type'>, OutcomeFields {
  readonly type: 'outcome'
  /** Since the intent; undefined if it is not in the file. */
  readonly micros: number | undefined
}

export interface DetailEntry {
  readonly type: 'start' | 'event' | 'checkpoint' | 'end' | 'listed' | 'sealed'
  readonly record: number
  readonly time: number
  readonly detail: Readonly<Record<string, unknown>>
}

export type Entry = IntentEntry | ResponseEntry | OutcomeEntry | DetailEntry

/** Intents whose outcome has not come; more than this many at once are forgotten, oldest first. */
const MAX_UNANSWERED = 10_000
/** A gateway writes a handful; a file that was altered may hold half a million. */
const MOST_LEVELS = 64

export class Timeline {
  readonly #definitions = new Map<number, Readonly<Record<string, unknown>>>()
  readonly #intentTimes = new Map<number, number>()

  /** What a record says; undefined for one that only defines, and for a payload that is too short for its kind. */
  entry(record: RecordRead): Entry | undefined {
    try {
      return this.#entry(record)
    } catch (error) {
      if (error instanceof RangeError) return undefined
      throw error
    }
  }

  #entry(record: RecordRead): Entry | undefined {
    const at = { record: record.sequence, time: record.time }
    switch (record.kind) {
      case KIND.definition:
        this.#definitions.set(record.payload.readUInt32LE(0), json(record.payload.subarray(4)))
        return undefined
      case KIND.intent:
        return this.#intent(record)
      case KIND.response:
        return { type: 'response', ...at, ...this.#response(record.payload) }
      case KIND.outcome:
        return this.#outcome(record)
      case KIND.start:
      case KIND.event:
      case KIND.listed:
      case KIND.sealed:
        return { type: NAMES[record.kind], ...at, detail: json(record.payload) }
      case KIND.checkpoint:
      case KIND.end: {
        const unsigned = record.payload.subarray(0, record.payload.length - SIGNATURE_BYTES)
        return { type: record.kind === KIND.end ? 'end' : 'checkpoint', ...at, detail: json(unsigned) }
      }
      default:
        return undefined
    }
  }

  #intent(record: RecordRead): IntentEntry {
    const fields = readIntent(record.payload)
    if (this.#intentTimes.size >= MAX_UNANSWERED) {
      const oldest = this.#intentTimes.keys().next()
      if (oldest.done !== true) this.#intentTimes.delete(oldest.value)
    }
    this.#intentTimes.set(fields.ordinal, record.time)
    return {
      ...fields,
      type: 'intent',
      record: record.sequence,
      time: record.time,
      shape: shapeIn(this.#definitions.get(fields.shape)),
      decision: decisionIn(this.#definitions.get(fields.decision)),
      masks: masksIn(this.#definitions.get(fields.masks)),
      literals: fields.form === FORM.clear ? 'clear' : fields.form === FORM.encrypted ? 'encrypted' : 'redacted',
    }
  }

  #response(payload: Buffer): { ordinal: number; columns: unknown; captured: Buffer } {
    const { ordinal, columns, captured } = readResponse(payload)
    return { ordinal, columns: this.#definitions.get(columns)?.['columns'], captured }
  }

  #outcome(record: RecordRead): OutcomeEntry {
    const response = this.#response(record.payload)
    const began = this.#intentTimes.get(response.ordinal)
    this.#intentTimes.delete(response.ordinal)
    return {
      type: 'outcome',
      record: record.sequence,
      time: record.time,
      ...response,
      ...readOutcomeTail(record.payload),
      micros: began === undefined ? undefined : record.time - began,
    }
  }
}

const NAMES = {
  [KIND.start]: 'start',
  [KIND.event]: 'event',
  [KIND.listed]: 'listed',
  [KIND.sealed]: 'sealed',
} as const

function json(bytes: Buffer): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(bytes.toString())
    return isMembers(value) && !isDeeper(value, MOST_LEVELS) ? { ...value } : {}
  } catch {
    return {}
  }
}
