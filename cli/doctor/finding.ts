// What a check says: one line for a person.
export interface Finding {
  /** The same word in every run, for programs. */
  readonly check: string
  readonly result: 'ok' | 'warn' | 'fail'
  readonly what: string
  /** What to do; absent where nothing is to be done. */
  readonly remedy?: string
}

export function ok(check: string, what: string): Finding {
  return { check, result: 'ok', what }
}

export function warn(check: string, what: string, remedy: string): Finding {
  return { check, result: 'warn', what, remedy }
}

export function fail(check: string, what: string, remedy: string): Finding {
  return { check, result: 'fail', what, remedy }
}
