/** Where a message lies; while it is decided nothing else is written there. */
export interface Message {
  readonly buffer: Buffer
  readonly start: number
  readonly end: number
}
