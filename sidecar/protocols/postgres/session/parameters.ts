// Bound parameters as conditions see them (`facts.parameters`) and as the recorder digests them. Decoded only if a
// condition asks.
import type { Facts, FactValue } from '#sidecar/action.ts'
import { decodeParameters } from '../values/parameters.ts'

export class BoundParameters {
  readonly recorded: { readonly count: number; readonly bytes: Uint8Array }
  readonly #values: readonly (Buffer | null)[]
  readonly #formats: readonly number[]
  readonly #types: readonly number[]
  #facts: Facts | undefined

  /** `values` are views into one Bind message. */
  constructor(values: readonly (Buffer | null)[], formats: readonly number[], types: readonly number[]) {
    this.recorded = { count: values.length, bytes: span(values) }
    this.#values = values
    this.#formats = formats
    this.#types = types
  }

  /** Made when somebody asks: an object with an accessor of its own costs more than the rest of a Bind. */
  get facts(): Facts {
    this.#facts ??= lazyFacts(() => decodeParameters(this.#types, this.#formats, this.#values))
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

const NONE = Buffer.alloc(0)

/** As Bind has them: from the length before the first value that is not null to the end of the last one. */
function span(values: readonly (Buffer | null)[]): Uint8Array {
  const first = values.find((value) => value !== null)
  const last = values.findLast((value) => value !== null)
  if (!first || !last) return NONE
  const start = first.byteOffset - 4
  return new Uint8Array(first.buffer, start, last.byteOffset + last.length - start)
}
