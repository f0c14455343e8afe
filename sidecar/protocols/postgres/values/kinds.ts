// From a type's OID to what its values look like on the wire. OIDs below 16384 are the server's own and never change
// (src/include/catalog/pg_type.dat); others are looked up in the catalog.
import type { DataType } from '../catalog/model.ts'

export type Kind =
  | 'text'
  | 'xml'
  | 'json'
  | 'jsonb'
  | 'bool'
  | 'int2'
  | 'int4'
  | 'int8'
  | 'oid'
  | 'numeric'
  | 'float4'
  | 'float8'
  | 'date'
  | 'time'
  | 'timetz'
  | 'timestamp'
  | 'timestamptz'
  | 'interval'
  | 'uuid'
  | 'bytea'
  | 'bits'
  | 'inet'
  | 'cidr'
  | 'macaddr'
  | 'macaddr8'
  | 'tsvector'
  | 'hstore'
  | 'range'
  | 'multirange'
  | 'array'
  | 'enum'
  | 'composite'
  | 'other'

export interface TypeShape {
  readonly kind: Kind
  /** For arrays: the element's type. */
  readonly elementOid?: number
}

export type TypeLookup = (oid: number) => DataType | undefined

const SCALARS: Readonly<Record<number, Kind>> = {
  16: 'bool',
  17: 'bytea',
  19: 'text',
  20: 'int8',
  21: 'int2',
  23: 'int4',
  25: 'text',
  26: 'oid',
  114: 'json',
  142: 'xml',
  650: 'cidr',
  700: 'float4',
  701: 'float8',
  705: 'text',
  774: 'macaddr8',
  829: 'macaddr',
  869: 'inet',
  1042: 'text',
  1043: 'text',
  1082: 'date',
  1083: 'time',
  1114: 'timestamp',
  1184: 'timestamptz',
  1186: 'interval',
  1266: 'timetz',
  1560: 'bits',
  1562: 'bits',
  1700: 'numeric',
  1790: 'text',
  2249: 'composite',
  2275: 'text',
  2950: 'uuid',
  3614: 'tsvector',
  3802: 'jsonb',
  3904: 'range',
  3906: 'range',
  3908: 'range',
  3910: 'range',
  3912: 'range',
  3926: 'range',
  4451: 'multirange',
  4532: 'multirange',
  4533: 'multirange',
  4534: 'multirange',
  4535: 'multirange',
  4536: 'multirange',
}

/** Array type → element type. */
const ARRAYS: Readonly<Record<number, number>> = {
  143: 142,
  199: 114,
  651: 650,
  775: 774,
  1000: 16,
  1001: 17,
  1003: 19,
  1005: 21,
  1007: 23,
  1009: 25,
  1014: 1042,
  1015: 1043,
  1016: 20,
  1021: 700,
  1022: 701,
  1028: 26,
  1040: 829,
  1041: 869,
  1115: 1114,
  1182: 1082,
  1183: 1083,
  1185: 1184,
  1187: 1186,
  1231: 1700,
  1263: 2275,
  1270: 1266,
  1561: 1560,
  1563: 1562,
  2201: 1790,
  2287: 2249,
  2951: 2950,
  3643: 3614,
  3807: 3802,
  3905: 3904,
  3907: 3906,
  3909: 3908,
  3911: 3910,
  3913: 3912,
  3927: 3926,
  6150: 4451,
  6151: 4532,
  6152: 4533,
  6153: 4534,
  6155: 4535,
  6157: 4536,
}

/** Types of reviewed extensions, by name within the extension that owns them. */
const EXTENSIONS: Readonly<Record<string, Kind>> = { 'citext.citext': 'text', 'hstore.hstore': 'hstore' }

const OTHER: TypeShape = { kind: 'other' }
const DOMAIN_DEPTH = 16

export function shapeOf(oid: number, lookup: TypeLookup | undefined): TypeShape {
  return resolve(oid, lookup, DOMAIN_DEPTH)
}

function resolve(oid: number, lookup: TypeLookup | undefined, depth: number): TypeShape {
  const scalar = SCALARS[oid]
  if (scalar !== undefined) return { kind: scalar }
  const element = ARRAYS[oid]
  if (element !== undefined) return { kind: 'array', elementOid: element }
  const type = lookup?.(oid)
  if (type === undefined || depth === 0) return OTHER
  if (type.kind === 'd') return resolve(type.baseOid, lookup, depth - 1)
  if (type.kind === 'e') return { kind: 'enum' }
  if (type.kind === 'c') return { kind: 'composite' }
  if (type.kind === 'r') return { kind: 'range' }
  if (type.kind === 'm') return { kind: 'multirange' }
  if (type.extension !== undefined) return { kind: EXTENSIONS[`${type.extension}.${type.name}`] ?? 'other' }
  // A true array type's name is its element's with an underscore in front (src/backend/catalog/pg_type.c,
  // makeArrayTypeName); point and box have elements too, but are no arrays.
  if (type.elementOid !== 0 && type.name.startsWith('_')) return { kind: 'array', elementOid: type.elementOid }
  return OTHER
}

/** Kinds whose values can hold text that a content detector looks into. */
export function holdsText(oid: number, lookup: TypeLookup | undefined): boolean {
  const shape = shapeOf(oid, lookup)
  if (shape.kind === 'array') return shape.elementOid !== undefined && holdsText(shape.elementOid, lookup)
  return SCANNED.has(shape.kind)
}

/** json, jsonb, arrays and domains of them. */
export function isDocument(oid: number, lookup: TypeLookup | undefined): boolean {
  const { kind, elementOid } = shapeOf(oid, lookup)
  if (kind === 'array') return elementOid !== undefined && isDocument(elementOid, lookup)
  return kind === 'json' || kind === 'jsonb'
}

/**
 * The binary forms of these are the text itself, or text between lengths. Of a type that is not known that is as likely, and
 * the agent chooses the format: text can be cast to jsonpath, tsquery, ltree, or a range of texts.
 */
const SCANNED: ReadonlySet<Kind> = new Set<Kind>([
  'text',
  'xml',
  'json',
  'jsonb',
  'hstore',
  'composite',
  'tsvector',
  'enum',
  'range',
  'multirange',
  'other',
])
