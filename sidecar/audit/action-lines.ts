// `action.decided` as JSON, from parts that are shared between statements and therefore spelled out once: at 15,000
// statements a second there is no time to walk the same objects again.
import type { ActionShape } from '#sidecar/action.ts'
import type { Decision } from '#sidecar/policy/verdict.ts'

/** The same for every action of a session: make it once with `auditSubject`. */
export interface AuditSubject {
  readonly json: string
}

export interface DecidedAction {
  /** Milliseconds since 1970. */
  readonly time: number
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

export class ActionLines {
  readonly #shapes = new WeakMap<ActionShape, string>()
  readonly #decisions = new WeakMap<Decision, string>()
  #second = -1
  #secondText = ''

  /** A line without what every line starts with. */
  compose(action: DecidedAction): string {
    const code = action.code === undefined ? '' : `,"code":${JSON.stringify(action.code)}`
    return (
      `"type":"action.decided",${action.subject.json},"ordinal":${action.ordinal},${this.#shape(action.shape)},` +
      `${this.#decision(action.decision)},"rows":${action.rows},"bytes":${action.bytes},"masked":${action.masked},` +
      `"durationUs":${Math.round(action.micros)}${code}}`
    )
  }

  /** RFC 3339 with milliseconds; the second is formatted once. */
  time(milliseconds: number): string {
    const whole = Math.floor(milliseconds)
    const second = Math.floor(whole / 1000)
    if (second !== this.#second) {
      this.#second = second
      this.#secondText = new Date(second * 1000).toISOString().slice(0, 20)
    }
    return `${this.#secondText}${String(whole - second * 1000).padStart(3, '0')}Z`
  }

  #shape(shape: ActionShape): string {
    let json = this.#shapes.get(shape)
    if (json === undefined) {
      const objects = shape.parts.flatMap(({ object }) => (object === undefined ? [] : [object]))
      json = members({
        verb: shape.verb,
        effect: shape.effect,
        objects: distinct(objects).slice(0, MAX_OBJECTS),
        statement: shape.redacted.slice(0, MAX_STATEMENT),
      })
      this.#shapes.set(shape, json)
    }
    return json
  }

  #decision(decision: Decision): string {
    let json = this.#decisions.get(decision)
    if (json === undefined) {
      json = members({
        verdict: decision.verdict,
        policy: decision.policy,
        rule: decision.rule,
        reason: decision.reason,
        shadows: decision.shadows.length === 0 ? undefined : decision.shadows.length,
      })
      this.#decisions.set(decision, json)
    }
    return json
  }
}

function distinct(
  objects: readonly { readonly kind: string; readonly name: string }[],
): { kind: string; name: string }[] {
  const seen = new Map(objects.map(({ kind, name }) => [`${kind}\0${name}`, { kind, name }]))
  return [...seen.values()]
}

/** An object's members without its braces. */
function members(value: object): string {
  return JSON.stringify(value).slice(1, -1)
}
