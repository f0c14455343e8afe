// What a reviewed function does, as far as policy and masking care.
import type { Effect } from '#sidecar/action.ts'

export interface FunctionEntry {
  /** Read: computes from its arguments only, or reads what any session may see. Session: changes only the session. */
  readonly effect: Exclude<Effect, 'Unknown'>
  /** It computes from its arguments only (or from the clock and chance): a call adds nothing to what a statement does. */
  readonly pure?: boolean
  /** It reads or changes an object that an argument names (`nextval('s')`, `table_to_xml('t')`, `pg_relation_size('t')`): which argument, what kind of object, read or write, and whether the object's rows (not just its structure) reach the result. */
  readonly names?: {
    readonly argument: number
    readonly kind:
      | 'table'
      | 'query'
      | 'schema'
      | 'database'
      | 'sequence'
      | 'file'
      | 'largeobject'
      | 'function'
      | 'setting'
    readonly access: 'Read' | 'Write'
    readonly rows: boolean
  }
  /** Its arguments' values can come out in places that masking does not see: errors, notices, notifications, the server's log. */
  readonly leaks?: boolean
  /** Its result holds other sessions' text, column values or secrets, whatever its arguments. */
  readonly valueBearing?: boolean
}
