// One session's entries, in order, with captured bytes and literals made readable.
import type { KeyObject } from 'node:crypto'
import type { DecodedResponse, RecordingDecoder } from '#contracts/recording/decoder.ts'
import type { SessionPreamble } from '#contracts/recording/preamble.ts'
import { type Entry, type IntentEntry, Timeline } from '#contracts/recording/timeline.ts'
import { type FileReport, Verifier } from '#contracts/recording/verify.ts'
import type { Derivation } from '#sidecar/recorder/keys.ts'
import { decryptLiteral } from '#sidecar/recorder/literals.ts'
import { findSession, listFiles, sessionFile } from './files.ts'
import { type Judgement, judge } from './judge.ts'
import { readRecords } from './read-records.ts'
import { readable } from './readable.ts'
import { type ManifestReport, verifyManifests } from './verify-manifests.ts'

export interface View {
  readonly state: string
  /** As the person wrote it. */
  readonly session: string
  readonly key: KeyObject
  readonly decoders: readonly RecordingDecoder[]
  /** To decrypt literals. */
  readonly secrets: Derivation | undefined
  readonly json: boolean
}

/** The file's own verdict, held against the manifests. */
export type Verdict = Omit<FileReport, keyof Judgement> & Judgement

const UNDECIPHERABLE = '(cannot be decrypted: it was changed, or installation.key is another one)'

export class SessionReader {
  readonly id: string
  readonly #view: View
  readonly #manifest: ManifestReport
  #verdict: Verdict
  #literalKey: Buffer | undefined

  /** Reads all of it once: nobody should have to watch to the end to learn that it is not what was recorded. */
  static async open(view: View): Promise<SessionReader> {
    const { state, key, session } = view
    const id = findSession(state, session)
    const manifest = await verifyManifests(state, key, listFiles(state).manifests)
    const verifier = new Verifier(key)
    for await (const _ of readRecords(state, sessionFile(id), verifier));
    return new SessionReader(id, view, manifest, verifier.finish())
  }

  private constructor(id: string, view: View, manifest: ManifestReport, report: FileReport) {
    this.id = id
    this.#view = view
    this.#manifest = manifest
    this.#verdict = this.#judge(report)
  }

  get preamble(): SessionPreamble | undefined {
    const { preamble } = this.#verdict
    return preamble?.type === 'session' ? preamble : undefined
  }

  /** A session that runs grows: after the last entry it is about all that were read. */
  get verdict(): Verdict {
    return this.#verdict
  }

  async *entries(): AsyncGenerator<Entry> {
    const timeline = new Timeline()
    const verifier = new Verifier(this.#view.key)
    for await (const record of readRecords(this.#view.state, sessionFile(this.id), verifier)) {
      const entry = timeline.entry(record)
      if (entry !== undefined) yield entry
    }
    this.#verdict = this.#judge(verifier.finish())
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
    const kept = this.#literal(intent, intent.values, 'values')
    if (typeof kept === 'string') return intent.parameters === 0 ? undefined : [kept]
    if (kept === undefined || kept.length === 0) return undefined
    return this.#decoder()?.parameters(kept) ?? [readable(kept)]
  }

  #judge(report: FileReport): Verdict {
    return { ...report, ...judge(this.id, report, this.#manifest) }
  }

  #decoder(): RecordingDecoder | undefined {
    const mediaType = this.preamble?.mediaType
    return this.#view.decoders.find((decoder) => decoder.mediaType === mediaType)
  }

  /** Or words where there is something that cannot be had. */
  #literal(intent: IntentEntry, bytes: Buffer, use: 'text' | 'values'): Buffer | string | undefined {
    if (intent.literals === 'clear') return bytes
    if (intent.literals === 'redacted' || this.#view.secrets === undefined) return undefined
    this.#literalKey ??= this.#view.secrets('literals', this.id)
    try {
      return decryptLiteral(bytes, this.#literalKey, intent.ordinal, use)
    } catch {
      return UNDECIPHERABLE
    }
  }
}
