// Writes intents, and the definitions they name, into a session's journal.
import { KIND, MAX_PAYLOAD } from '#contracts/recording/format.ts'
import { FORM, INTENT_BYTES, writeIntent } from '#contracts/recording/payload.ts'
import type { Action } from '#sidecar/action.ts'
import type { Mask } from '#sidecar/masking/mask.ts'
import type { RecordingPolicy } from '#sidecar/policy/recording.ts'
import type { Decision } from '#sidecar/policy/verdict.ts'
import type { RecorderContext } from './context.ts'
import { describeDecision, describeMasks, describeShape } from './describe.ts'
import { Dictionary } from './dictionary.ts'
import type { Journal } from './journal.ts'
import { encryptLiteral, MAX_LITERAL } from './literals.ts'

/** What is about to be forwarded, refused or held. */
export interface Intent {
  readonly action: Action
  readonly decision: Decision
  /** Masks in force; the same array while they stay the same. */
  readonly masks: readonly Mask[]
  /** Bound parameters as the protocol sent them; copied, so they may change once the intent is taken. */
  readonly parameters?: { readonly count: number; readonly bytes: Uint8Array } | undefined
}

/**
 * How columns are described to whoever decodes captured responses, in JSON of the protocol's own. As long as nothing in it changes it must be the
 * same object.
 */
export type ColumnDescription = object

export class IntentWriter {
  readonly #session: string
  readonly #journal: Journal
  readonly #context: RecorderContext
  readonly #dictionary: Dictionary
  #literalKey: Buffer | undefined
  /** Of the intent that is being written: what it names is defined at the same time. */
  #now: number | undefined

  constructor(session: string, journal: Journal, context: RecorderContext) {
    this.#session = session
    this.#journal = journal
    this.#context = context
    this.#dictionary = new Dictionary((id, json) => this.#define(id, json))
    journal.complete = () => context.digests.run()
  }

  /** Definitions depend on the policy's level: with another one they are written anew. */
  forget(): void {
    this.#dictionary.forget()
  }

  /** `now` in microseconds since 1970. */
  write(ordinal: number, intent: Intent, policy: RecordingPolicy, now: number): void {
    const { action, decision, masks } = intent
    this.#now = now
    const withText = policy.level !== 'Metadata'
    const shape = this.#dictionary.id(action.shape, () => describeShape(action.shape, withText))
    const decided = this.#dictionary.id(decision, () => describeDecision(decision))
    const masked = masks.length === 0 ? 0 : this.#dictionary.id(masks, () => describeMasks(masks))
    this.#now = undefined
    if (withText && policy.literals !== 'Redacted') {
      this.#writeWithLiterals(now, ordinal, intent, shape, decided, masked, policy.literals === 'Encrypted')
      return
    }
    const at = this.#journal.append(KIND.intent, now, INTENT_BYTES)
    this.#writeFields(at, ordinal, intent, shape, decided, masked, FORM.redacted)
  }

  /** The number by which responses name their columns. */
  columns(columns: ColumnDescription | undefined): number {
    return columns === undefined ? 0 : this.#dictionary.id(columns, () => ({ columns }))
  }

  #writeFields(
    at: number,
    ordinal: number,
    intent: Intent,
    shape: number,
    decision: number,
    masks: number,
    form: number,
  ): void {
    const { action, parameters } = intent
    writeIntent(this.#journal.view, at, ordinal, shape, decision, masks, parameters?.count ?? 0, form)
    this.#context.digests.later(this.#journal, at, action.text, parameters?.bytes ?? NONE)
  }

  #writeWithLiterals(
    now: number,
    ordinal: number,
    intent: Intent,
    shape: number,
    decision: number,
    masks: number,
    encrypted: boolean,
  ): void {
    const whole = Buffer.from(intent.action.text)
    const given = intent.parameters?.bytes ?? NONE
    let text: Uint8Array = whole.subarray(0, MAX_LITERAL)
    let values: Uint8Array = given.subarray(0, MAX_LITERAL)
    if (encrypted) {
      this.#literalKey ??= this.#context.keys.derive('literals', this.#session)
      text = encryptLiteral(text, this.#literalKey, ordinal, 'text')
      values = encryptLiteral(values, this.#literalKey, ordinal, 'values')
    }
    const at = this.#journal.append(KIND.intent, now, INTENT_BYTES + 8 + text.length + values.length)
    this.#writeFields(at, ordinal, intent, shape, decision, masks, encrypted ? FORM.encrypted : FORM.clear)
    const { buffer } = this.#journal
    buffer[at + 23] = (whole.length > MAX_LITERAL ? 1 : 0) | (given.length > MAX_LITERAL ? 2 : 0)
    buffer.writeUInt32LE(text.length, at + INTENT_BYTES)
    buffer.set(text, at + INTENT_BYTES + 4)
    buffer.writeUInt32LE(values.length, at + INTENT_BYTES + 4 + text.length)
    buffer.set(values, at + INTENT_BYTES + 8 + text.length)
  }

  #define(id: number, json: string): void {
    const bytes = Buffer.from(json)
    const fits = bytes.length + 4 <= MAX_PAYLOAD ? bytes : Buffer.from('{"oversized":true}')
    const at = this.#journal.append(KIND.definition, this.#now ?? this.#context.clock.now(), fits.length + 4)
    this.#journal.buffer.writeUInt32LE(id, at)
    fits.copy(this.#journal.buffer, at + 4)
  }
}

const NONE = Buffer.alloc(0)
