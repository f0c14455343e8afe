// Writes intents, and the definitions they name, into a session's journal.
import { KIND, MAX_PAYLOAD } from '#contracts/recording/format.ts'
import {
  FORM,
  INTENT_BYTES,
  type Literals,
  literalsLength,
  writeIntent,
  writeLiterals,
} from '#contracts/recording/payload.ts'
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

interface FormedLiterals extends Literals {
  readonly form: number
}

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
    const { action, decision, masks, parameters } = intent
    this.#now = now
    const withText = policy.level !== 'Metadata'
    const shape = this.#dictionary.id(action.shape, () => describeShape(action.shape, withText))
    const decided = this.#dictionary.id(decision, () => describeDecision(decision))
    const masked = masks.length === 0 ? 0 : this.#dictionary.id(masks, () => describeMasks(masks))
    this.#now = undefined
    const kept =
      withText && policy.literals !== 'Redacted' ? this.#literals(ordinal, intent, policy.literals) : undefined
    const journal = this.#journal
    const at = journal.append(KIND.intent, now, INTENT_BYTES + (kept === undefined ? 0 : literalsLength(kept)))
    writeIntent(journal.view, at, ordinal, shape, decided, masked, parameters?.count ?? 0, kept?.form ?? FORM.redacted)
    if (kept !== undefined) writeLiterals(journal.buffer, at, kept)
    this.#context.digests.later(journal, at, action.text, parameters?.bytes ?? NONE)
  }

  /** The number by which responses name their columns. */
  columns(columns: ColumnDescription | undefined): number {
    return columns === undefined ? 0 : this.#dictionary.id(columns, () => ({ columns }))
  }

  #literals(ordinal: number, { action, parameters }: Intent, wanted: 'Encrypted' | 'Clear'): FormedLiterals {
    const whole = Buffer.from(action.text)
    const given = parameters?.bytes ?? NONE
    const clipped = { text: whole.length > MAX_LITERAL, values: given.length > MAX_LITERAL }
    const text = whole.subarray(0, MAX_LITERAL)
    const values = given.subarray(0, MAX_LITERAL)
    if (wanted === 'Clear') return { form: FORM.clear, text, values, clipped }
    this.#literalKey ??= this.#context.keys.derive('literals', this.#session)
    return {
      form: FORM.encrypted,
      text: encryptLiteral(text, this.#literalKey, ordinal, 'text'),
      values: encryptLiteral(values, this.#literalKey, ordinal, 'values'),
      clipped,
    }
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
