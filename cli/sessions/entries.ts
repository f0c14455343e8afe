// One session's entries, in order, with captured bytes and literals made readable.
import type { KeyObject } from 'node:crypto'
import type { DecodedResponse, RecordingDecoder } from '#contracts/recording/decoder.ts'
import type { SessionPreamble } from '#contracts/recording/preamble.ts'
import { type Entry, type IntentEntry, Timeline } from '#contracts/recording/timeline.ts'
import { type FileReport, Verifier } from '#contracts/recording/verify.ts'
import type { Keys } from '#sidecar/recorder/keys.ts'
import { decryptLiteral } from '#sidecar/recorder/literals.ts'
import { findSession, readChunks, sessionFile } from './files.ts'
import { readable } from './printable.ts'

export interface View {
  readonly state: string
  /** As the person wrote it. */
  readonly session: string
  readonly key: KeyObject
  readonly decoders: readonly RecordingDecoder[]
  /** To decrypt literals. */
  readonly secrets: Keys | undefined
  readonly json: boolean
}

export class SessionReader {
  readonly id: string
  readonly #view: View
  readonly #verifier: Verifier
  #literalKey: Buffer | undefined

  constructor(view: View) {
    this.#view = view
    this.id = findSession(view.state, view.session)
    this.#verifier = new Verifier(view.key)
  }

  get preamble(): SessionPreamble | undefined {
    const { preamble } = this.#verifier
    return preamble?.type === 'session' ? preamble : undefined
  }

  async *entries(): AsyncGenerator<Entry> {
    const timeline = new Timeline()
    for await (const chunk of readChunks(this.#view.state, sessionFile(this.id))) {
      for (const record of this.#verifier.push(chunk)) {
        const entry = timeline.entry(record)
        if (entry !== undefined) yield entry
      }
    }
  }

  /** After the last entry. */
  report(): FileReport {
    return this.#verifier.finish()
  }

  decode(bytes: Buffer, columns: unknown): DecodedResponse {
    const decoder = this.#decoder()
    if (decoder !== undefined) return decoder.response(bytes, columns)
    const text = readable(bytes)
    return { columns: [], rows: [], notes: text === '' ? [] : [text] }
  }

  /** The text as it was sent where it was kept, else with its literals replaced. */
  text(intent: IntentEntry): string {
    const kept = this.#literal(intent, intent.text, 'text')
    return kept?.toString() ?? intent.shape?.text ?? ''
  }

  /** Parameters where they were kept. */
  parameters(intent: IntentEntry): readonly (string | null)[] | undefined {
    const bytes = this.#literal(intent, intent.values, 'values')
    if (bytes === undefined || bytes.length === 0) return undefined
    return this.#decoder()?.parameters(bytes) ?? [readable(bytes)]
  }

  #decoder(): RecordingDecoder | undefined {
    const mediaType = this.preamble?.mediaType
    return this.#view.decoders.find((decoder) => decoder.mediaType === mediaType)
  }

  #literal(intent: IntentEntry, bytes: Buffer, use: 'text' | 'values'): Buffer | undefined {
    if (intent.literals === 'clear') return bytes
    if (intent.literals === 'redacted' || this.#view.secrets === undefined) return undefined
    this.#literalKey ??= this.#view.secrets.derive('literals', this.id)
    return decryptLiteral(bytes, this.#literalKey, intent.ordinal, use)
  }
}
