// What the recorder did, as plain numbers: metrics read them when somebody asks, nothing is looked up per statement.

export interface RecorderCounters {
  sessions: number
  intents: number
  outcomes: number
  /** Intents refused because they could not be recorded. */
  refused: number
  /** Intents let through unrecorded, by a policy that says so. */
  unrecorded: number
  /** Records lost: their action ran, their record could not be kept. */
  dropped: number
  bytesWritten: number
  /** Times that writing began to fail. */
  failures: number
  checkpoints: number
}

export function newCounters(): RecorderCounters {
  return {
    sessions: 0,
    intents: 0,
    outcomes: 0,
    refused: 0,
    unrecorded: 0,
    dropped: 0,
    bytesWritten: 0,
    failures: 0,
    checkpoints: 0,
  }
}
