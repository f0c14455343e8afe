// Literals that name something, give it a value, or say which part is meant: what the server will see is what is written, or it is not told.
import type { ParamRef, TypeName } from 'libpg-query'
import type { Analysis } from './analysis.ts'
import { as, literalText, type Node, namesOf } from './node.ts'
import { findType, namedType, OID } from './types.ts'

/** As written, or through casts that keep all of it: 'customers_old'::varchar(9) names customers, '\x61'::bytea::text may name a. */
export function literalOf(analysis: Analysis, node: Node | undefined): string | undefined {
  const cast = as('TypeCast', node)
  // Made text again, it is the name that the server found: '16384'::regclass::text is a table's.
  const named = cast !== undefined && plainType(analysis, cast.typeName) === OID.regclass
  return literalText(uncast(analysis, named ? cast.arg : node))
}

/** As written, or in a cast to the type that it is wanted as: 'phones'::varchar(5) and 1e2::text say another thing. */
export function constantOf(analysis: Analysis, node: Node | undefined, type: number): string | undefined {
  const cast = as('TypeCast', node)
  if (cast === undefined) return as('A_Const', node) === undefined ? undefined : literalText(node)
  const { oid, opaque } = namedType(analysis, cast.typeName)
  const exact = oid === type && !opaque
  return exact && as('A_Const', cast.arg)?.sval !== undefined ? literalText(cast.arg) : undefined
}

/** The parameter that the server takes the text from, as it is bound. */
export function parameterOf(analysis: Analysis, node: Node | undefined): ParamRef | undefined {
  return as('ParamRef', uncast(analysis, node))
}

function uncast(analysis: Analysis, node: Node | undefined): Node | undefined {
  const cast = as('TypeCast', node)
  if (cast === undefined) return node
  const oid = plainType(analysis, cast.typeName)
  return oid === OID.text || oid === OID.varchar ? uncast(analysis, cast.arg) : undefined
}

/** What the server reads as a truth value (src/backend/utils/adt/bool.c, parse_bool_with_len); undefined: only it knows. */
export function truthOf(analysis: Analysis, node: Node | undefined): boolean | undefined {
  const cast = as('TypeCast', node)
  if (cast !== undefined && plainType(analysis, cast.typeName) !== OID.bool) return undefined
  const text = literalText(cast === undefined ? node : as('TypeCast', cast.arg) ? undefined : cast.arg)
  return text === undefined ? undefined : TRUTHS.get(text.trim().toLowerCase())
}

/** The type, unless something is said of its length or of lists. */
function plainType(analysis: Analysis, type: TypeName | undefined): number | undefined {
  if (type === undefined || type.pct_type === true || type.setof === true) return undefined
  if ((type.typmods?.length ?? 0) > 0 || (type.arrayBounds?.length ?? 0) > 0) return undefined
  return findType(analysis, namesOf(type.names))?.oid
}

const TRUTHS: ReadonlyMap<string, boolean> = new Map([
  ...['true', 'tru', 'tr', 't', 'yes', 'ye', 'y', 'on', '1'].map((text) => [text, true] as const),
  ...['false', 'fals', 'fal', 'fa', 'f', 'no', 'n', 'off', 'of', '0'].map((text) => [text, false] as const),
])
