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
}

function lazyFacts(decode: () => readonly FactValue[]): Facts {
  let decoded: readonly FactValue[] | undefined
  return {
    get parameters(): readonly FactValue[] {
      decoded ??= decode()
      return decoded
    },
  }
}
