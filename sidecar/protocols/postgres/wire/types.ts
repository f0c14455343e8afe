// Message type bytes (PostgreSQL 18 documentation §54.7) and which side may send them after login.

/** From the agent. */
export const Front = {
  Bind: 0x42, // 'B'
  Close: 0x43, // 'C'
  CopyData: 0x64, // 'd'
  CopyDone: 0x63, // 'c'
  CopyFail: 0x66, // 'f'
  Describe: 0x44, // 'D'
  Execute: 0x45, // 'E'
  Flush: 0x48, // 'H'
  FunctionCall: 0x46, // 'F'
  Parse: 0x50, // 'P'
  Query: 0x51, // 'Q'
  Sync: 0x53, // 'S'
  Terminate: 0x58, // 'X'
} as const

/** From the target. Authentication ('R') and BackendKeyData ('K') belong to login and are refused afterwards. */
export const Back = {
  BindComplete: 0x32, // '2'
  CloseComplete: 0x33, // '3'
  CommandComplete: 0x43, // 'C'
  CopyBothResponse: 0x57, // 'W'
  CopyData: 0x64, // 'd'
  CopyDone: 0x63, // 'c'
  CopyInResponse: 0x47, // 'G'
  CopyOutResponse: 0x48, // 'H'
  DataRow: 0x44, // 'D'
  EmptyQueryResponse: 0x49, // 'I'
  ErrorResponse: 0x45, // 'E'
  FunctionCallResponse: 0x56, // 'V'
  NoData: 0x6e, // 'n'
  NoticeResponse: 0x4e, // 'N'
  NotificationResponse: 0x41, // 'A'
  ParameterDescription: 0x74, // 't'
  ParameterStatus: 0x53, // 'S'
  ParseComplete: 0x31, // '1'
  PortalSuspended: 0x73, // 's'
  ReadyForQuery: 0x5a, // 'Z'
  RowDescription: 0x54, // 'T'
} as const

const FRONT: ReadonlySet<number> = new Set(Object.values(Front))
const BACK: ReadonlySet<number> = new Set(Object.values(Back))

export const fromAgent = membership(FRONT)
export const fromTarget = membership(BACK)

/** A table look-up: this is asked once per message. */
function membership(types: ReadonlySet<number>): (type: number) => boolean {
  const table = Uint8Array.from({ length: 256 }, (_, type) => (types.has(type) ? 1 : 0))
  return (type) => table[type] === 1
}
