// Views looked through: their definition, analysed once per catalog, tells what each column is made of.
import type { ObjectRef } from '#sidecar/action.ts'
import type { Catalog, Relation } from '../catalog/model.ts'
import { Analysis, type Environment, type SeenThrough } from './analysis.ts'
import { outOfBounds } from './bounds.ts'
import { as } from './node.ts'
import { EMPTY, nested } from './scope.ts'
import { query } from './select.ts'
import { isReady, parse } from './wasm.ts'

const SEEN = new WeakMap<Catalog, Map<number, SeenThrough>>()
const OPAQUE: SeenThrough = { columns: undefined, covers: [] }

export function lookThrough(relation: Relation, environment: Environment): SeenThrough {
  const { catalog } = environment
  let known = SEEN.get(catalog)
  if (known === undefined) {
    known = new Map()
    SEEN.set(catalog, known)
  }
  let seen = known.get(relation.oid)
  if (seen === undefined) {
    // Without the parser nothing can be told, now.
    if (!isReady()) return OPAQUE
    // A view that refers to itself (it cannot, but the catalog is the server's word) ends here.
    known.set(relation.oid, OPAQUE)
    seen = analyse(relation, environment)
    known.set(relation.oid, seen)
  }
  return seen
}

function analyse(relation: Relation, environment: Environment): SeenThrough {
  const { definition } = relation
  if (definition === undefined || outOfBounds(definition) !== undefined) return OPAQUE
  // Definitions are taken with every name outside pg_catalog qualified.
  const inView: Environment = { catalog: environment.catalog, path: ['pg_catalog'] }
  const analysis = new Analysis(inView, (inner) => lookThrough(inner, inView))
  try {
    const parsed = parse(definition)
    const select = parsed.ok ? as('SelectStmt', parsed.tree.stmts?.[0]?.stmt) : undefined
    if (select === undefined) return OPAQUE
    const result = query(select, nested(EMPTY), analysis)
    const parts = analysis.parts
    const covers: ObjectRef[] = parts.flatMap((part) => [
      ...(part.object === undefined ? [] : [part.object]),
      ...part.covers,
    ])
    for (const name of analysis.functions) covers.push({ kind: 'function', name })
    return { columns: result.open ? undefined : result.columns.map((column) => column.value), covers }
  } catch {
    // Not understood: its columns may hold anything.
    return OPAQUE
  }
}
