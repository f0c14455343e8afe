// The catalog as rows of text, the one form in which it travels: a server answers in it, the generated built-in catalogs
// and `explain --catalog FILE` are stored in it, and `build.ts` makes a Catalog of it.

/** One row of a simple query in text format. */
export type Cells = readonly (string | null)[]

/** Section names are the keys of QUERIES in snapshot.ts, which also say what each cell is. */
export const SECTIONS = [
  'schemas',
  'relations',
  'columns',
  'generated',
  'inheritance',
  'views',
  'rules',
  'triggers',
  'foreignKeys',
  'routines',
  'types',
  'operators',
  'casts',
  'extensions',
] as const
export type Section = (typeof SECTIONS)[number]

export interface CatalogRows {
  readonly serverMajor: number
  readonly database: string
  /** What fingerprint.ts said just before the rows were read. */
  readonly generation: string
  readonly sections: { readonly [section in Section]: readonly Cells[] }
  /** Oids that initdb gave to the server's own views and types on this server: they differ from build to build. */
  readonly system: { readonly relations: readonly Cells[]; readonly types: readonly Cells[] }
}

/** The server's first oid for objects that users make (FirstNormalObjectId in access/transam.h). */
export const FIRST_USER_OID = 16384

/** Below this, oids are fixed in the server's source (FirstGenbkiObjectId in access/transam.h). */
export const FIRST_UNFIXED_OID = 10000

export function text(row: Cells, at: number): string {
  const cell = row[at]
  if (cell === undefined || cell === null) throw new Error(`catalog row lacks cell ${at}: ${JSON.stringify(row)}`)
  return cell
}

export function optionalText(row: Cells, at: number): string | undefined {
  return row[at] ?? undefined
}

export function integer(row: Cells, at: number): number {
  const value = Number(text(row, at))
  if (!Number.isSafeInteger(value)) throw new Error(`catalog cell ${at} is no integer: ${JSON.stringify(row)}`)
  return value
}

export function flag(row: Cells, at: number): boolean {
  return text(row, at) === 't'
}

/** Space-separated oids, the way oidvector prints. */
export function integers(row: Cells, at: number): readonly number[] {
  const cell = row[at]
  return cell === undefined || cell === null || cell === '' ? [] : cell.split(' ').map(Number)
}
