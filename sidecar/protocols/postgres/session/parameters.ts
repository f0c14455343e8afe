// Bound parameters as conditions see them (`facts.parameters`) and as the recorder digests them. Decoded only if a
// condition asks.
import type { Facts, FactValue } from '#sidecar/action.ts'
import { decodeParameters } from '../values/parameters.ts'
import { splitValues } from '../wire/messages.ts'

export class BoundParameters {
  /** As Bind has them: each with its length before it. */
  readonly recorded: { readonly count: number; readonly bytes: Uint8Array }
  readonly #values: Buffer
  readonly #formats: readonly number[]
  readonly #types: readonly number[]
  #facts: Facts | undefined

  constructor(count: number, values: Buffer, formats: readonly number[], types: readonly number[]) {
    this.#values = values
    this.recorded = { count, bytes: this.#values }
    this.#formats = formats
    this.#types = types
  }

  /** Made when somebody asks: an object with an accessor of its own costs more than the rest of a Bind. */
  get facts(): Facts {
    this.#facts ??= lazyFacts(() => decodeParameters(this.#types, this.#formats, splitValues(this.#values)))
    return this.#facts
  }

  /** A text as it is bound; null: NULL. Undefined: it may be of a type that the target makes another text of. */
  text(parameter: number): string | null | undefined {
    if (!TEXTS.has(this.#types[parameter - 1] ?? 0)) return undefined
    const value = splitValues(this.#values)[parameter - 1]
    return value === null || value === undefined ? value : value.toString('utf8')
  }
}

/** Types whose values are what is written, in both formats: not told (so the target takes what the place asks for), text, unknown, varchar. */
const TEXTS: ReadonlySet<number> = new Set([0, 25, 705, 1043])

function lazyFacts(decode: () => readonly FactValue[]): Facts {
  let decoded: readonly FactValue[] | undefined
  return {
    get parameters(): readonly FactValue[] {
      decoded ??= decode()
      return decoded
    },
  }
}
