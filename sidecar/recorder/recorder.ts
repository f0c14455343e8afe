// The recorder of one process: opens the state directory, gives every session its recorder, and writes all their files.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { FORMAT_VERSION, KIND } from '#contracts/recording/format.ts'
import { encodePreamble } from '#contracts/recording/preamble.ts'
import type { Agent } from '#sidecar/identity/agent.ts'
import type { RecordingPolicy } from '#sidecar/policy/recording.ts'
import { WallClock } from '#sidecar/wall-clock.ts'
import { Buffers } from './buffers.ts'
import type { RecorderContext } from './context.ts'
import { newCounters, type RecorderCounters } from './counters.ts'
import { Descriptors } from './descriptors.ts'
import { Digester } from './digest.ts'
import { Digests } from './digests.ts'
import { RecordingFailed } from './failure.ts'
import { type FileLayer, nodeFiles } from './file-layer.ts'
import { Flusher } from './flusher.ts'
import { Journal } from './journal.ts'
import type { Keys } from './keys.ts'
import { Manifest, startManifest } from './manifest.ts'
import { RecordingFileWriter } from './recording-file.ts'
import { SessionRecorder } from './session-recorder.ts'

/** What the recording says of a session before its first record. */
export interface SessionMeta {
  /** Made by `newSessionId`. */
  readonly id: string
  readonly agent: Agent
  /** `namespace/name`. */
  readonly connection: string
  readonly protocol: string
  /** Names the decoder for captured responses: `application/vnd.sallyport.…`. */
  readonly mediaType: string
  readonly policyHash: string
  /** Anything else worth keeping, such as the agent's address and the database it asked for. No secrets. */
  readonly details?: Readonly<Record<string, unknown>>
}

export interface RecorderOptions {
  readonly files?: FileLayer
  readonly clock?: WallClock
  /** Told when a file begins to fail, is written again, or an intent runs unrecorded: for logs and audit. */
  readonly onTrouble?: (trouble: Trouble) => void
  /** Bytes that all journals together may hold before intents have to wait. */
  readonly maxPendingBytes?: number
  /** Written this long after being taken, at most. */
  readonly flushMilliseconds?: number
  readonly retryMilliseconds?: number
  readonly maxOpenFiles?: number
}

export interface Trouble {
  readonly kind: 'failing' | 'recovered' | 'unrecorded'
  readonly session: string
  readonly message: string
}

/** With what a write takes, an intent is on disk within 50 ms. */
const FLUSH_MILLISECONDS = 35
const SESSION_ID = /^[A-Za-z0-9][A-Za-z0-9-]{7,63}$/
/** How often sessions that went quiet are looked at for records that no signature covers yet. */
const SWEEP_MILLISECONDS = 5_000
const UNSIGNED_MICROS = 10_000_000
const SIGNED_AT_ONCE = 25
const MAX_GROUPS = 64
const CATCH_UP_MILLISECONDS = 50

export class Recorder {
  readonly counters: RecorderCounters = newCounters()
  readonly #directory: string
  readonly #keys: Keys
  readonly #layer: FileLayer
  readonly #clock: WallClock
  readonly #onTrouble: (trouble: Trouble) => void
  readonly #maxPending: number
  readonly #buffers = new Buffers()
  readonly #descriptors: Descriptors
  readonly #flusher: Flusher
  readonly #manifest: Manifest
  readonly #context: RecorderContext
  readonly #sessions = new Set<SessionRecorder>()
  /** Sessions that the manifest does not list yet, with the hash of their preamble; and those it does not list as sealed. */
  readonly #unlisted = new WeakMap<SessionRecorder, string>()
  readonly #unsealed = new WeakSet<SessionRecorder>()
  /** Sessions whose last allowed-but-unrecorded statement has been told. */
  readonly #told = new WeakSet<SessionRecorder>()
  #pending = 0
  #roomWaiters: (() => void)[] = []
  #sweep: NodeJS.Timeout | undefined
  #closed = false

  /** `state` is the gateway's state directory; recordings go into its `recordings` folder. */
  static open(state: string, keys: Keys, options: RecorderOptions = {}): Recorder {
    return new Recorder(recordingsIn(state), keys, options)
  }

  private constructor(directory: string, keys: Keys, options: RecorderOptions) {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    this.#directory = directory
    this.#keys = keys
    this.#layer = options.files ?? nodeFiles
    this.#clock = options.clock ?? new WallClock()
    this.#onTrouble = options.onTrouble ?? (() => undefined)
    this.#maxPending = options.maxPendingBytes ?? 64 * 1024 * 1024
    this.#descriptors = new Descriptors(this.#layer, options.maxOpenFiles ?? 256)
    this.#flusher = new Flusher(options.flushMilliseconds ?? FLUSH_MILLISECONDS, options.retryMilliseconds ?? 1000, 8)
    this.#context = this.#makeContext()
    this.#manifest = this.#openManifest()
  }

  /** Bytes taken and not yet written. */
  get pendingBytes(): number {
    return this.#pending
  }

  /** True while a file cannot be written and intents are refused. */
  get failing(): boolean {
    return this.#flusher.failing
  }

  /** Age of the oldest record not yet written. */
  get lagSeconds(): number {
    return this.#flusher.lagSeconds
  }

  session(meta: SessionMeta, policy: RecordingPolicy): SessionRecorder {
    if (this.#closed) throw new RecordingFailed('closed', 'the recorder is closed')
    if (!SESSION_ID.test(meta.id))
      throw new RangeError(`session id ${JSON.stringify(meta.id)} is not one of newSessionId's`)
    const now = this.#clock.now()
    const preamble = encodePreamble({
      type: 'session',
      version: FORMAT_VERSION,
      keyId: this.#keys.id,
      startedAt: new Date(now / 1000).toISOString(),
      session: meta.id,
      agent: agentOf(meta.agent),
      connection: meta.connection,
      protocol: meta.protocol,
      mediaType: meta.mediaType,
      policyHash: meta.policyHash,
      manifest: this.#manifest.position(),
    })
    const journal = new Journal(this.#buffers, preamble)
    const session = new SessionRecorder(meta.id, policy, journal, this.#context)
    session.writeThrough(this.#writer(`${meta.id}.recording`, preamble, session, false))
    this.#unlisted.set(session, journal.lastHash)
    this.#unsealed.add(session)
    this.#sessions.add(session)
    this.counters.sessions++
    journal.appendJson(KIND.start, now, {
      session: meta.id,
      recording: policy,
      labels: meta.agent.labels,
      ...meta.details,
    })
    this.#flusher.later(session)
    this.#sweepLater(SWEEP_MILLISECONDS)
    return session
  }

  /** Seals every open session and writes everything. */
  async close(reason: string): Promise<void> {
    this.#closed = true
    clearTimeout(this.#sweep)
    const results = await Promise.allSettled([...this.#sessions].map((session) => session.close(reason)))
    await this.#manifest.flush()
    this.#flusher.stop()
    await this.#descriptors.closeAll()
    const failed = results.find((result) => result.status === 'rejected')
    if (failed !== undefined) throw failed.reason
  }

  #makeContext(): RecorderContext {
    return {
      keys: this.#keys,
      digests: new Digests(new Digester(this.#keys.derive('digest'))),
      buffers: this.#buffers,
      flusher: this.#flusher,
      counters: this.counters,
      clock: this.#clock,
      problem: () => (this.#flusher.failing ? this.#problem() : undefined),
      holds: (more) => this.#holds(more),
      full: () => this.#pending > this.#maxPending,
      overfull: () => this.#pending > 2 * this.#maxPending,
      room: () => this.#room(),
      written: (session) => this.#list(session),
      flushed: (session, wasFailing) => this.#flushed(session, wasFailing),
      unrecorded: (session, problem) => this.#unrecorded(session, problem),
      ended: (session) => this.#ended(session),
    }
  }

  #openManifest(): Manifest {
    const startedAt = new Date(this.#clock.now() / 1000).toISOString()
    const start = startManifest(this.#directory, this.#keys, this.#buffers, startedAt)
    const manifest = new Manifest(start, this.#keys, this.#clock, this.#flusher, this.#buffers)
    manifest.writeThrough(this.#writer(start.file, start.first, manifest, true))
    this.#flusher.later(manifest)
    return manifest
  }

  #writer(file: string, first: Buffer, source: SessionRecorder | Manifest, exists: boolean): RecordingFileWriter {
    return new RecordingFileWriter({
      path: join(this.#directory, file),
      directory: this.#directory,
      first,
      exists,
      layer: this.#layer,
      descriptors: this.#descriptors,
      source,
      onWritten: (bytes) => {
        this.counters.bytesWritten += bytes
      },
    })
  }

  #problem(): RecordingFailed {
    return new RecordingFailed(
      'write-failed',
      'recordings cannot be written: free space in the state directory, or see the gateway log',
    )
  }

  #holds(more: number): void {
    this.#pending += more
    if (this.#roomWaiters.length > 0 && this.#pending <= this.#maxPending / 2) {
      const waiters = this.#roomWaiters
      this.#roomWaiters = []
      for (const resolve of waiters) resolve()
    }
  }

  #room(): Promise<void> {
    if (this.#pending <= this.#maxPending) return Promise.resolve()
    return new Promise((resolve) => this.#roomWaiters.push(resolve))
  }

  #flushed(session: SessionRecorder, wasFailing: boolean): void {
    const failing = session.retry || session.failed !== undefined
    if (failing && !wasFailing && !this.#told.has(session)) {
      this.counters.failures++
      this.#onTrouble({
        kind: 'failing',
        session: session.id,
        message: session.failed?.message ?? this.#problem().message,
      })
    }
    if (failing) return
    if (wasFailing) this.#onTrouble({ kind: 'recovered', session: session.id, message: 'recordings are written again' })
    this.#list(session)
  }

  /** In the manifest, once its file is there; and again once it is sealed. */
  #list(session: SessionRecorder): void {
    const preambleHash = this.#unlisted.get(session)
    if (preambleHash !== undefined) {
      this.#unlisted.delete(session)
      this.#manifest.listed(session.id, preambleHash)
    }
    if (session.sealed && this.#unsealed.delete(session)) {
      const { records, hash } = session.lastHash()
      this.#manifest.sealed(session.id, records, hash)
    }
  }

  #unrecorded(session: SessionRecorder, problem: RecordingFailed): void {
    this.counters.unrecorded++
    if (this.#told.has(session)) return
    this.#told.add(session)
    this.#onTrouble({ kind: 'unrecorded', session: session.id, message: problem.message })
  }

  async #ended(session: SessionRecorder): Promise<void> {
    this.#sessions.delete(session)
    this.#flushed(session, false)
    if (!session.retry) await this.#descriptors.close(session.path)
  }

  /** A few at a time: a signature takes 40 µs, and thousands of sessions may be due at once. */
  #signQuietSessions(): void {
    const due = this.#clock.now() - UNSIGNED_MICROS
    let signed = 0
    for (const session of this.#sessions) {
      if (signed === SIGNED_AT_ONCE) break
      const since = session.unsignedSince()
      if (since !== undefined && since <= due && session.signNow()) signed++
    }
    this.#sweep = undefined
    if (this.#sessions.size > 0)
      this.#sweepLater(signed === SIGNED_AT_ONCE ? CATCH_UP_MILLISECONDS : SWEEP_MILLISECONDS)
  }

  #sweepLater(milliseconds: number): void {
    this.#sweep ??= setTimeout(() => this.#signQuietSessions(), milliseconds).unref()
  }
}

/** Bounded: labels are the pod's author's and groups the identity provider's, and a preamble has to fit. */
function agentOf({ namespace, serviceAccount, pod, user }: Agent): object {
  return {
    namespace,
    serviceAccount,
    ...(pod === undefined ? {} : { pod }),
    ...(user === undefined ? {} : { user: { ...user, groups: user.groups.slice(0, MAX_GROUPS) } }),
  }
}

function recordingsIn(state: string): string {
  return join(state, 'recordings')
}
