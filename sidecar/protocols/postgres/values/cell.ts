// One cell: from a type, a format and a strategy to the function that masks it. Made once per column of a result.
import { Keyed, type MaskingKeys } from '#sidecar/masking/digest.ts'
import type { Strategy } from '#sidecar/masking/mask.ts'
import { Scratch } from '#sidecar/masking/scratch.ts'
import type { MaskValue } from '#sidecar/masking/strategies.ts'
import { maskArray } from './arrays.ts'
import type { Format } from './entry.ts'
import { type Kind, shapeOf, type TypeLookup } from './kinds.ts'
import { TYPES } from './types.ts'

/** Larger values are not worth masking by content: they are redacted, which needs no look at them. */
export const MASKED_CELL_BOUND = 16 * 1024 * 1024
/** Tokens are drawn digit by digit; a longer text gets Redact. */
export const TOKEN_BOUND = 64 * 1024

export type CellMask =
  /** The same for every value; `undefined` is NULL. */
  | { readonly fixed: Buffer | undefined }
  | { readonly mask: MaskValue; readonly bound: number; readonly beyond: Buffer | undefined }

const NULL_CELL: CellMask = { fixed: undefined }

export function cellMask(
  typeOid: number,
  format: Format,
  strategy: Strategy,
  keys: MaskingKeys,
  lookup?: TypeLookup,
): CellMask {
  const made = strategy === 'Null' ? undefined : makeFor(typeOid, format, strategy, keys, lookup)
  if (made === undefined) return NULL_CELL
  if (typeof made !== 'function') return { fixed: made }
  const redacted = strategy === 'Redact' ? undefined : makeFor(typeOid, format, 'Redact', keys, lookup)
  return {
    mask: made,
    bound: strategy === 'Tokenize' ? TOKEN_BOUND : MASKED_CELL_BOUND,
    beyond: typeof redacted === 'function' ? undefined : redacted,
  }
}

/** One value at a time, for callers off the hot path: a new Buffer, or null for NULL. */
export function maskCell(
  typeOid: number,
  format: Format,
  strategy: Strategy,
  value: Buffer,
  keys: MaskingKeys,
  lookup?: TypeLookup,
): Buffer | null {
  const cell = cellMask(typeOid, format, strategy, keys, lookup)
  if ('fixed' in cell) return cell.fixed ?? null
  if (value.length > cell.bound) return cell.beyond ?? null
  const scratch = new Scratch()
  const length = cell.mask(value, 0, value.length, scratch)
  return length < 0 ? null : Buffer.from(scratch.bytes.subarray(0, length))
}

function makeFor(
  typeOid: number,
  format: Format,
  strategy: Exclude<Strategy, 'Null'>,
  keys: MaskingKeys,
  lookup: TypeLookup | undefined,
): MaskValue | Buffer | undefined {
  const shape = shapeOf(typeOid, lookup)
  if (shape.kind === 'array') {
    const elementOid = shape.elementOid ?? 0
    // An array of arrays is no type of PostgreSQL's; one level of elements ends the recursion.
    const element =
      shapeOf(elementOid, lookup).kind === 'array' ? undefined : makeFor(elementOid, format, strategy, keys, lookup)
    return maskArray(strategy, format, elementOid, element)
  }
  const key = strategy === 'Hash' ? keys.hash : keys.tokenize
  return TYPES[shape.kind][strategy]?.make(new Keyed(key, `${strategy} ${family(shape.kind)}`), format)
}

/** Kinds of one family give the same result for the same value where the type has room for it. */
function family(kind: Kind): string {
  if (kind === 'int2' || kind === 'int4' || kind === 'int8') return 'integer'
  if (kind === 'json' || kind === 'jsonb') return 'json'
  if (kind === 'timestamp' || kind === 'timestamptz') return 'timestamp'
  return kind
}
