// What a session's recorder needs from the recorder of the whole process.
import type { WallClock } from '#sidecar/wall-clock.ts'
import type { Buffers } from './buffers.ts'
import type { RecorderCounters } from './counters.ts'
import type { Digests } from './digests.ts'
import type { RecordingFailed } from './failure.ts'
import type { Flusher } from './flusher.ts'
import type { Keys } from './keys.ts'
import type { SessionRecorder } from './session-recorder.ts'

export interface RecorderContext {
  readonly keys: Keys
  readonly digests: Digests
  readonly buffers: Buffers
  readonly flusher: Flusher
  readonly counters: RecorderCounters
  readonly clock: WallClock
  /** Why nothing may run now, although this session's own file is well. */
  problem(): RecordingFailed | undefined
  holds(more: number): void
  /** All journals together hold more than they should: wait. */
  full(): boolean
  /** So much more that captured responses are only digested. */
  overfull(): boolean
  room(): Promise<void>
  /** All that was taken of it is in its file. */
  written(session: SessionRecorder): void
  flushed(session: SessionRecorder, wasFailing: boolean): void
  unrecorded(session: SessionRecorder, problem: RecordingFailed): void
  ended(session: SessionRecorder): Promise<void>
}
