// The catalog that this folder's tests speak about: testdata/shop.sql as a PostgreSQL 18 server told it.
import { readFileSync } from 'node:fs'
import { readCatalogFile } from '../../catalog/file.ts'
import type { Environment } from '../understand.ts'

export const SHOP: Environment = {
  catalog: readCatalogFile(readFileSync(new URL('../testdata/shop.catalog.json', import.meta.url), 'utf8')),
  path: ['pg_catalog', 'public'],
  user: 'shop',
}
