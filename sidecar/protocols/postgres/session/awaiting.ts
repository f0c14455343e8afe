/** Something that rests on the target's answer to one message. */
export interface Awaiting {
  /** Called once: the message was answered (`failed` false), refused, or skipped. */
  answered(failed: boolean): void
}
