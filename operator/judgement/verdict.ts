// What is said of an object: for conditions in its status, and for the gateways that must enforce it all the same.

export interface Finding {
  /** One word for programs. */
  readonly reason: string
  /** A sentence for people, with the remedy. */
  readonly message: string
}

export interface Judged extends Finding {
  readonly holds: boolean
}

export interface Verdict {
  readonly accepted: Judged
  readonly resolved: Judged
  /** Why it is not in force: what a policy selects is denied, a Connection takes no sessions. */
  readonly problem?: string
}

export interface ConnectionVerdict extends Verdict {
  /** Its endpoints are its own and some gateway can answer there, be it with a refusal. */
  readonly steers: boolean
}

export function fails(reason: string, message: string): Judged {
  return { holds: false, reason, message: shortened(message) }
}

export function holds(reason: string, message: string): Judged {
  return { holds: true, reason, message: shortened(message) }
}

/** Names in it are as long as somebody likes; statuses and messages to gateways have bounds. */
export function shortened(message: string): string {
  return message.length > MOST_CHARACTERS ? `${message.slice(0, MOST_CHARACTERS - 1)}…` : message
}

const MOST_CHARACTERS = 4_000

export function sameVerdict(a: Verdict | undefined, b: Verdict | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
