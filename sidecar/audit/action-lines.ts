// `action.decided` as a line of JSON, from parts that are shared between statements and therefore spelled out once, as
// bytes: at 15,000 statements a second there is no time to walk the same objects again, nor to throw strings away.
import type { ActionShape } from '#sidecar/action.ts'
import type { Decision } from '#sidecar/policy/verdict.ts'
import { printableJson } from '#sidecar/printable.ts'
import type { LineStart } from './line-start.ts'
import type { Page } from './page.ts'

/** The same for every action of a session: make it once with `auditSubject`. */
export interface AuditSubject {
  /** An object's members as JSON, without its braces. */
  readonly json: Buffer
}

export interface DecidedAction {
  /** When it was over, as `performance.now()` has it. */
  readonly at: number
  readonly subject: AuditSubject
  /** The intent's number in the recording. */
  readonly ordinal: number
  readonly shape: ActionShape
  readonly decision: Decision
  readonly rows: number
  readonly bytes: number
  readonly masked: number
  readonly micros: number
  readonly code?: string | undefined
}

const MAX_OBJECTS = 64
const MAX_STATEMENT = 2048
/** What a line holds besides subject, shape, decision and code, at most. */
const OTHER_BYTES = 384

export class ActionLines {
  readonly #shapes = new WeakMap<ActionShape, Buffer>()
  readonly #decisions = new WeakMap<Decision, Buffer>()

  /** The most that its line can take. */
  mostBytes({ subject, shape, decision, code }: DecidedAction): number {
    // A character takes at most six bytes, as \u and four digits.
    const codeBytes = code === undefined ? 0 : code.length * 6
    return OTHER_BYTES + subject.json.length + this.#shape(shape).length + this.#decision(decision).length + codeBytes
  }

  /** `time` in milliseconds since 1970. */
  write(page: Page, start: LineStart, time: number, sequence: number, action: DecidedAction): void {
    start.write(page, time, sequence)
    page.put(TYPE)
    page.put(action.subject.json)
    page.put(ORDINAL)
    page.number(action.ordinal)
    page.put(this.#shape(action.shape))
    page.put(this.#decision(action.decision))
    page.number(action.rows)
    page.put(BYTES)
    page.number(action.bytes)
    page.put(MASKED)
    page.number(action.masked)
    page.put(DURATION)
    page.number(Math.round(action.micros))
    if (action.code !== undefined) page.put(Buffer.from(`,"code":${printableJson(action.code)}`))
    page.put(END)
  }

  /** With a comma on both sides. */
  #shape(shape: ActionShape): Buffer {
    const known = this.#shapes.get(shape)
    if (known !== undefined) return known
    const objects = shape.parts.flatMap(({ object }) => (object === undefined ? [] : [object]))
    const json = members({
      verb: shape.verb,
      effect: shape.effect,
      objects: distinct(objects).slice(0, MAX_OBJECTS),
      statement: shape.redacted.slice(0, MAX_STATEMENT),
    })
    const bytes = Buffer.from(`,${json},`)
    this.#shapes.set(shape, bytes)
    return bytes
  }

  /** Up to the number of rows. */
  #decision(decision: Decision): Buffer {
    const known = this.#decisions.get(decision)
    if (known !== undefined) return known
    const json = members({
      verdict: decision.verdict,
      policy: decision.policy,
      rule: decision.rule,
      reason: decision.reason,
      shadows: decision.shadows.length === 0 ? undefined : decision.shadows.length,
    })
    const bytes = Buffer.from(`${json},"rows":`)
    this.#decisions.set(decision, bytes)
    return bytes
  }
}

const TYPE = Buffer.from('"type":"action.decided",')
const ORDINAL = Buffer.from(',"ordinal":')
const BYTES = Buffer.from(',"bytes":')
const MASKED = Buffer.from(',"masked":')
const DURATION = Buffer.from(',"durationUs":')
const END = Buffer.from('}\n')

function distinct(
  objects: readonly { readonly kind: string; readonly name: string }[],
): { kind: string; name: string }[] {
  const seen = new Map(objects.map(({ kind, name }) => [`${kind}\0${name}`, { kind, name }]))
  return [...seen.values()]
}

/** An object's members without its braces. */
function members(value: object): string {
  return printableJson(value).slice(1, -1)
}
