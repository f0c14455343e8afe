// Audit events as they are made; `event.schema.json` is the published contract, and tests hold every event to it.
// `time` and `sequence` are added by whoever writes them.

export interface AuditAgent {
  readonly namespace: string
  readonly serviceAccount: string
  readonly pod?: string
  readonly user?: { readonly provider: string; readonly username: string }
}

export interface SessionOpened {
  readonly type: 'session.opened'
  readonly session: string
  readonly agent: AuditAgent
  readonly connection: string
  readonly protocol: string
  readonly policyHash: string
  readonly client?: string
}

export interface SessionClosed {
  readonly type: 'session.closed'
  readonly session: string
  readonly agent: AuditAgent
  readonly connection: string
  readonly reason: string
  readonly actions: number
  readonly durationMs: number
}

export interface SessionRefused {
  readonly type: 'session.refused'
  readonly session?: string
  readonly agent: AuditAgent
  readonly connection?: string
  readonly reason: string
  readonly client?: string
}

export interface LimitExceeded {
  readonly type: 'limit.exceeded'
  readonly session: string
  readonly ordinal?: number
  readonly policy: string
  readonly metric: string
  readonly per: string
  readonly max: number
  readonly onExceed: 'Deny' | 'RequireApproval' | 'Terminate' | 'Alert'
  readonly mode: 'Enforce' | 'Audit'
}

export interface ApprovalUnavailable {
  readonly type: 'approval.unavailable'
  readonly session: string
  readonly ordinal: number
  readonly policy?: string
  readonly rule?: string
  readonly reason: string
}

export interface ConfigReloaded {
  readonly type: 'config.reloaded'
  readonly hash: string
  readonly problems: readonly string[]
}

export interface RecorderTrouble {
  readonly type: 'recorder.failing' | 'recorder.recovered' | 'recorder.unrecorded'
  readonly session: string
  readonly reason: string
}

/** At the first attempt, and then at most once a minute for the same place and user. */
export interface EgressRefused {
  readonly type: 'egress.refused'
  readonly agent: AuditAgent
  readonly address: string
  readonly port: number
  /** Of the program that tried. */
  readonly uid: number
  /** Attempts since the last of these events. */
  readonly times: number
}

/** Every event but `action.decided`, which is composed from its parts, and `audit.lost`, which only the writer makes. */
export type AuditEvent =
  | SessionOpened
  | SessionClosed
  | SessionRefused
  | LimitExceeded
  | ApprovalUnavailable
  | ConfigReloaded
  | RecorderTrouble
  | EgressRefused
