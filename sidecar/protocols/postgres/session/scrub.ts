// Errors and notices while a mask is in force, or beyond what a limit on Bytes leaves room for: their words can carry any
// value the statement touched ("invalid input syntax for type integer: ..."), a whole table put into one, and RAISE can
// put one into every other field, so everything but severity, SQLSTATE and position in the agent's own text is replaced.
import type { Statement } from '../sql/statement.ts'
import { readErrorFields } from '../wire/messages.ts'
import { message } from '../wire/server-messages.ts'
import { conditionName } from './sqlstates.ts'

const SEVERITIES: ReadonlySet<string> = new Set([
  'ERROR',
  'FATAL',
  'PANIC',
  'WARNING',
  'NOTICE',
  'DEBUG',
  'INFO',
  'LOG',
])

/**
 * An ErrorResponse ('E') or NoticeResponse ('N') with every string that the target could choose replaced. `text`: what the
 * agent sent; what stands in it at the position is repeated.
 */
export function scrubReport(
  type: number,
  buffer: Buffer,
  start: number,
  end: number,
  why = MASKED,
  text?: string,
): Buffer {
  const fields = readErrorFields(buffer, start, end)
  const severity = fields.get('V') ?? ''
  const said = SEVERITIES.has(severity) ? severity : 'ERROR'
  const code = fields.get('C') ?? ''
  const sqlstate = /^[0-9A-Z]{5}$/.test(code) ? code : 'XX000'
  const position = /^[0-9]{1,9}$/.exec(fields.get('P') ?? '')?.[0]
  const place = text === undefined || position === undefined ? '' : wordsAt(text, Number(position))
  const kept: [string, string][] = [
    ['S', said],
    ['V', said],
    ['C', sqlstate],
    [
      'M',
      sqlstate === '00000'
        ? `notice withheld ${why}`
        : `${conditionName(sqlstate)}${place} (the database's own words are withheld ${why})`,
    ],
  ]
  if (position !== undefined) kept.push(['P', position])
  const body = kept.map(([letter, value]) => `${letter}${value}\0`).join('')
  return message(String.fromCharCode(type), Buffer.from(`${body}\0`, 'utf8'))
}

export const MASKED = 'while a mask is in force'

/** Beyond this many characters nobody counts code points for a message. */
const LONGEST_TEXT = 65_536

// Many programs show the message alone, and who wrote `nam` for `name` has to be told so.
function wordsAt(text: string, position: number): string {
  if (position < 1 || text.length > LONGEST_TEXT) return ''
  const rest = [...text].slice(position - 1, position + 127).join('')
  const words = /^(?:"[^"]+"|[\p{L}_][\p{L}\p{N}_$]*)(?:\.(?:"[^"]+"|[\p{L}_][\p{L}\p{N}_$]*))*|^[^\s\p{C}]/u.exec(rest)
  return words === null ? '' : ` at ${words[0]}`
}

/** Why words are withheld that no mask forbids. */
export const NO_ROOM = 'because a limit on Bytes leaves no room for them'

/** A NotificationResponse with its payload blanked; the channel is one the agent listens to, the sender is a number. */
export function scrubNotification(buffer: Buffer, start: number, end: number): Buffer {
  const channelEnd = buffer.indexOf(0, start + 9)
  const channel = buffer.subarray(start + 9, channelEnd < 0 || channelEnd >= end ? end : channelEnd)
  return message('A', buffer.subarray(start + 5, start + 9), channel, Buffer.from([0, 0]))
}

/** Values of these settings come from closed sets, so telling them tells nothing. */
const CLOSED: ReadonlySet<string> = new Set([
  'client_encoding',
  'DateStyle',
  'default_transaction_read_only',
  'in_hot_standby',
  'integer_datetimes',
  'IntervalStyle',
  'is_superuser',
  'scram_iterations',
  'server_encoding',
  'standard_conforming_strings',
])

/**
 * May a ParameterStatus change be told to the agent while a mask is in force? `ran`: the statements of the message that
 * is being answered. What a SET or RESET of this setting leaves is in the agent's own words; anything else (set_config,
 * a function) can have put a protected value there.
 */
export function mayTell(name: string, ran: readonly Statement[]): boolean {
  if (CLOSED.has(name)) return true
  const setting = name.toLowerCase()
  return (
    ran.length > 0 &&
    ran.every(({ shape, changes }) => {
      if (shape.verb !== 'set' && shape.verb !== 'reset') return false
      return changes.some((change) =>
        change.kind === 'set' ? change.name === setting : change.kind === 'setSearchPath' && setting === 'search_path',
      )
    })
  )
}
