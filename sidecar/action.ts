// An Action says what one request would do to a target, in words that every protocol shares.
//
// Protocol folders make Actions out of wire messages (`describe`); policy, gate, recorder and console see nothing else of
// a protocol. An action has parts, because one request often does several things: a join reads two tables, a writable
// CTE reads one and deletes from another, each function called is a part of its own. A policy judges every part.

/** What a part does to the target. `Session` changes nothing there; `Unknown` was not understood and is denied. */
export type Effect = 'Read' | 'Write' | 'Admin' | 'Session' | 'Unknown'

/** Something in the target that rules can name: `{kind: 'table', name: 'public.orders'}`, in the target's own spelling. */
export interface ObjectRef {
  readonly kind: string
  readonly name: string
}

export interface Part {
  /** Lower case, the protocol's own word: `select`, `drop`, `copy`, `exec`. */
  readonly verb: string
  readonly effect: Effect
  readonly object?: ObjectRef
  /** What the object stands on or contains (a view's tables, partitions both ways). Deny rules match these too, Allow rules never. */
  readonly covers: readonly ObjectRef[]
  /** Names inside the object that are touched, without the object's own name. */
  readonly columns: readonly string[]
  /** For effect Unknown: what was not understood, in words for the person who reads the refusal. */
  readonly unknown?: string
  /** For effect Unknown: what the target has none of by that name, in the protocol's own word; `unknown` says so in a sentence. */
  readonly absent?: string
  /** It runs code that nobody reviewed: only a rule that lists its verb or its object's kind may allow it, never one that allows an effect at large. */
  readonly opaque?: true
}

/** Text that has been through redaction and may be stored or shown. Only `redaction` modules make one. */
export type Redacted = string & { readonly __redacted: unique symbol }

/** Values that conditions see as `facts.NAME`. Their types are the protocol's published schema (`FactSchema`). */
export type FactValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | readonly FactValue[]
  | { readonly [key: string]: FactValue }
export type Facts = { readonly [name: string]: FactValue }

/** The part of an Action that depends only on the text of the request: cached, shared between sessions, compared by identity. */
export interface ActionShape {
  /** Of the action as a whole: the verb a person would use for it. */
  readonly verb: string
  /** The strictest over the parts: Unknown > Admin > Write > Read > Session. */
  readonly effect: Effect
  /** Never empty. An action with no object is one part of its own effect. */
  readonly parts: readonly Part[]
  /** Facts known from the text alone. */
  readonly facts: Facts
  /** The text with literals replaced. */
  readonly redacted: Redacted
}

export interface Action {
  readonly shape: ActionShape
  /** The request as it will be forwarded. Never logged; recorded only as the policy's `recording.literals` says. */
  readonly text: string
  /** Facts that differ from call to call (bound parameters). They are added to the shape's. */
  readonly facts: Facts
  /** Facts that cost a question to the target, asked only if the verdict depends on them: name → fetch. A rejection means "cannot be had". */
  readonly costly: { readonly [fact: string]: () => Promise<FactValue> }
}

const STRICTNESS: Readonly<Record<Effect, number>> = { Session: 0, Read: 1, Write: 2, Admin: 3, Unknown: 4 }

/** The stricter of two effects, as an action's overall effect is made from its parts. */
export function strictest(a: Effect, b: Effect): Effect {
  return STRICTNESS[a] >= STRICTNESS[b] ? a : b
}
