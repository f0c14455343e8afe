// JSON documents: which columns hold them, and which part of one an expression takes out (manual §9.16, §8.14.5).
//
// A value that is a column as it is, or a part of one reached by steps that the text tells, has a path: masks of fields
// concern it only where their patterns lead to the same place. Of anything else made of a document only the column is
// known, and so all patterns concern it.
import { ANY_ELEMENT, type DocumentPath, type DocumentStep } from '#sidecar/masking/field-reach.ts'
import type { Catalog } from '../catalog/model.ts'
import { isDocument, shapeOf } from '../values/kinds.ts'
import type { Analysis } from './analysis.ts'
import { constantOf } from './literal.ts'
import { as, type Node } from './node.ts'
import type { Lineage, SourceColumn } from './statement.ts'
import { OID } from './types.ts'
import type { Value } from './value.ts'

export type DocumentType = 'json' | 'jsonb'

/** A part of a document as it is: as JSON, or as the text that `->>` makes of it. */
export type Taken = DocumentType | 'text'

/** Deeper than this a path is not followed. */
const MOST_STEPS = 64
const MOST_NESTING = 16

/** `document`: json, jsonb, arrays and domains of them. `within`: a row type with such a field, or a type that may be one. */
export function holdsDocuments(catalog: Catalog, oid: number, depth = 0): 'document' | 'within' | undefined {
  if (isDocument(oid, (each) => catalog.dataTypeByOid(each))) return 'document'
  if (depth === MOST_NESTING) return 'within'
  const type = catalog.dataTypeByOid(oid)
  // Made while the catalog was being read.
  if (type === undefined) return 'within'
  if (type.kind === 'd') return holdsDocuments(catalog, type.baseOid, depth + 1)
  if (type.kind === 'c') {
    const columns = catalog.relationByOid(type.relationOid)?.columns ?? []
    return columns.some(({ typeOid }) => holdsDocuments(catalog, typeOid, depth + 1) !== undefined)
      ? 'within'
      : undefined
  }
  return type.elementOid === 0 ? undefined : holdsDocuments(catalog, type.elementOid, depth + 1)
}

/** The type a value of this type is as JSON; undefined if it is none. */
export function documentType(analysis: Analysis, { type: oid, plain, sources }: Value): DocumentType | undefined {
  if (oid === undefined) {
    // Taken at its name: it is what it is used as.
    return plain && sources.every(({ relationOid }) => relationOid === 0) ? 'jsonb' : undefined
  }
  const { kind } = shapeOf(oid, (each) => analysis.environment.catalog.dataTypeByOid(each))
  return kind === 'json' || kind === 'jsonb' ? kind : undefined
}

/** What the operator's right side says of the path; undefined where it is no such operator, or the text does not tell. */
export function stepsOf(analysis: Analysis, operator: string, right: Node | undefined): DocumentPath | undefined {
  if (operator === '->' || operator === '->>') return [stepOf(analysis, right)]
  if (operator === '#>' || operator === '#>>') return listed(analysis, right)
  return undefined
}

/** A key or an index as written; null where it comes from elsewhere. */
export function stepOf(analysis: Analysis, node: Node | undefined): DocumentStep {
  const number = as('A_Const', node)?.ival
  return number === undefined ? (constantOf(analysis, node, OID.text) ?? null) : (number.ival ?? 0)
}

// '{a,0}' without quotes or spaces to think about, or ARRAY['a', '0'].
function listed(analysis: Analysis, node: Node | undefined): DocumentPath | undefined {
  const elements = as('A_ArrayExpr', node)?.elements
  if (elements !== undefined) {
    const steps = elements.map((element) => stepOf(analysis, element))
    // One that is not told may be several, as an array, or of a type that the others become too: beside char(n) 'phone ' is 'phone'.
    return steps.includes(null) ? undefined : steps
  }
  const text = constantOf(analysis, node, TEXT_ARRAY)
  return text !== undefined && /^\{[\w$.-]+(,[\w$.-]+)*\}$/.test(text) ? text.slice(1, -1).split(',') : undefined
}

const TEXT_ARRAY = 1009

/** The type of what the operator gives. */
export function takenBy(operator: string, type: DocumentType): Taken {
  return operator.endsWith('>>') ? 'text' : type
}

/** What PostgreSQL has it as. */
export const TAKEN_OID: Readonly<Record<Taken, number>> = { json: OID.json, jsonb: OID.jsonb, text: OID.text }

/** The part of a document that steps lead to; undefined if the value is not one that steps can be followed in. */
export function part(value: Value, steps: DocumentPath, taken: Taken): Value | undefined {
  if (!(value.plain || value.taken !== undefined) || value.taken === 'text' || value.unknown) return undefined
  const sources = value.sources.map((source) => {
    if (source.derived === true) return source
    // Taken at its name, of a type that nobody knows, and used as a document.
    const document = source.document ?? (source.relationOid === 0 ? [] : undefined)
    return document === undefined ? source : { ...source, document: [...document, ...steps] }
  })
  if (sources.some(({ document }) => (document?.length ?? 0) > MOST_STEPS)) return undefined
  return {
    sources,
    plain: false,
    taken,
    unknown: false,
    constant: false,
    type: TAKEN_OID[taken],
    at: value.at,
  }
}

/** Where a document, or a part of one, that comes out as JSON as it is comes from. */
export function documentIn({ plain, taken, sources }: Lineage): SourceColumn | undefined {
  if (taken === 'text' || !(plain || taken !== undefined)) return undefined
  return sources.find(({ derived, document }) => derived !== true && document !== undefined)
}

/** Functions that give the elements of an array, and as what. */
export const ELEMENTS: Readonly<Record<string, Taken>> = {
  'pg_catalog.json_array_elements': 'json',
  'pg_catalog.jsonb_array_elements': 'jsonb',
  'pg_catalog.json_array_elements_text': 'text',
  'pg_catalog.jsonb_array_elements_text': 'text',
}

/** The parts that a containment or existence test with a constant looks at; undefined where that cannot be told. */
export function lookedAt(
  analysis: Analysis,
  operator: string,
  value: Value,
  right: Node | undefined,
): readonly Value[] | undefined {
  const paths = operator === '?' ? named(analysis, right) : operator === '@>' ? contained(analysis, right) : undefined
  const parts = paths?.flatMap((path) => part(value, path, 'jsonb') ?? [])
  return parts?.length === paths?.length ? parts : undefined
}

// A key of an object, or a string in an array.
function named(analysis: Analysis, right: Node | undefined): readonly DocumentPath[] | undefined {
  const key = constantOf(analysis, right, OID.text)
  return key === undefined ? undefined : [[key], [ANY_ELEMENT]]
}

function contained(analysis: Analysis, right: Node | undefined): readonly DocumentPath[] | undefined {
  const text = constantOf(analysis, right, OID.jsonb)
  if (text === undefined || text.length > LONGEST) return undefined
  try {
    const found: DocumentPath[] = []
    leaves(JSON.parse(text), [], found)
    return found
  } catch {
    // Not JSON: the server refuses it.
    return undefined
  }
}

/** Longer documents are not taken apart. */
const LONGEST = 4096

function leaves(value: unknown, path: DocumentPath, found: DocumentPath[]): void {
  const isDocument = typeof value === 'object' && value !== null && path.length < MOST_STEPS
  const inside: readonly (readonly [DocumentStep, unknown])[] = !isDocument
    ? []
    : Array.isArray(value)
      ? value.map((element) => [ANY_ELEMENT, element])
      : Object.entries(value)
  if (inside.length === 0) found.push(path)
  for (const [step, child] of inside) leaves(child, [...path, step], found)
}
