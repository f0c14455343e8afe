// A catalog as a JSON file, for `explain --catalog FILE`: what a server said once, so that policies can be tried without it.
import { buildCatalog } from './build.ts'
import type { Catalog } from './model.ts'
import { type CatalogRows, type Cells, SECTIONS, type Section } from './rows.ts'

const FORMAT = 'sallyport catalog 1'

export function writeCatalogFile(rows: CatalogRows): string {
  return `${JSON.stringify({ format: FORMAT, ...rows })}\n`
}

export function readCatalogFile(json: string): Catalog {
  return buildCatalog(parse(json))
}

function parse(json: string): CatalogRows {
  const value: unknown = JSON.parse(json)
  if (!isRecord(value) || value['format'] !== FORMAT) {
    throw new Error(`this is no catalog file: it does not begin with "format": "${FORMAT}"`)
  }
  const { serverMajor, database, generation, sections, system } = value
  if (typeof serverMajor !== 'number' || typeof database !== 'string' || typeof generation !== 'string') {
    throw new Error('the catalog file lacks serverMajor, database or generation')
  }
  if (!isRecord(sections) || !isRecord(system)) throw new Error('the catalog file lacks sections or system')
  const read: { [section in Section]?: readonly Cells[] } = {}
  for (const section of SECTIONS) {
    // Files of the first versions have no foreign keys: what cascades is then not told.
    const given = section === 'foreignKeys' ? (sections[section] ?? []) : sections[section]
    read[section] = rowsOf(given, section)
  }
  return {
    serverMajor,
    database,
    generation,
    sections: read as CatalogRows['sections'],
    system: { relations: rowsOf(system['relations'], 'relations'), types: rowsOf(system['types'], 'types') },
  }
}

function rowsOf(value: unknown, section: string): readonly Cells[] {
  if (!Array.isArray(value) || !value.every(isCells))
    throw new Error(`section ${section} of the catalog file is no list of rows`)
  return value
}

function isCells(value: unknown): value is Cells {
  return Array.isArray(value) && value.every((cell) => cell === null || typeof cell === 'string')
}

function isRecord(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
