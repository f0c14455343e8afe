// Has anything in the catalog changed? Asked every two seconds at most by a connection of our own, so it is two steps.
//
// The pulse: the set of transactions visible to a snapshot. If it is what it was, nothing has committed since and no
// catalog row can differ. A standby's snapshot does not list running transactions one by one, so there the replay
// position is the pulse.
//
// The fingerprint: hashes over what the catalog rows say, or over their xmin where rows change only by DDL. pg_class is
// hashed by content because TRUNCATE, CLUSTER and REFRESH rewrite its rows without changing what they mean; VACUUM and
// ANALYZE change it in place and never its xmin.

import { text } from './rows.ts'
import type { CatalogSource } from './snapshot.ts'

/** Cheap. Equal texts: nothing has committed in between. */
export async function pulse(source: CatalogSource): Promise<string> {
  return only(await source.query(PULSE))
}

/** Costs a scan of the catalogs. Equal texts: a snapshot taken at the one is still right at the other. */
export async function fingerprint(source: CatalogSource): Promise<string> {
  return only(await source.query(FINGERPRINT))
}

function only(rows: readonly (readonly (string | null)[])[]): string {
  const [row] = rows
  if (row === undefined) throw new Error('the server did not answer a question about its catalog')
  return text(row, 0)
}

const PULSE = `select case when pg_catalog.pg_is_in_recovery()
    then coalesce(pg_catalog.pg_last_wal_replay_lsn()::pg_catalog.text, '')
    else pg_catalog.pg_current_snapshot()::pg_catalog.text end`

/** An order-free hash of a catalog's rows: their number, and the sum of a 64-bit hash of each. */
function hashOf(catalog: string, row: string, where = 'true'): string {
  return `(select pg_catalog.count(*)::pg_catalog.text || ':' || coalesce(pg_catalog.sum(${row}), 0)::pg_catalog.text
    from pg_catalog.${catalog} r where ${where})`
}

/**
 * xmin as text, seeded with what identifies the row, so that neither alone decides. A transaction that changes a row
 * twice leaves the same xmin: to itself, which alone sees that, the row's place (ctid) tells its versions apart.
 */
function versionOf(identity: string): string {
  const version = `case when ${WRITING} then pg_catalog.concat(r.xmin, ' ', r.ctid) else r.xmin::pg_catalog.text end`
  return `pg_catalog.hashtextextended(${version}, ${identity})`
}

const WRITING = '(select pg_catalog.pg_current_xact_id_if_assigned() is not null)'

const OWN = (column: string) => `r.${column} >= 16384`

const FINGERPRINT = `select pg_catalog.md5(pg_catalog.concat_ws(' ',
  pg_catalog.current_setting('server_version_num'), pg_catalog.current_database(),
  ${hashOf('pg_namespace', versionOf('r.oid::pg_catalog.int8'), "r.nspname !~ '^pg_(toast_)?temp_'")},
  ${hashOf(
    'pg_class',
    `pg_catalog.hashtextextended(pg_catalog.concat_ws(' ', r.relname, r.relkind, r.relpersistence, r.relhasrules,
      r.relhastriggers, r.relispartition, r.relnatts), r.oid::pg_catalog.int8 * 4294967296 + r.relnamespace::pg_catalog.int8)`,
    `${OWN('oid')} and r.relkind <> 't'`,
  )},
  ${hashOf('pg_attribute', versionOf('r.attrelid::pg_catalog.int8 * 65536 + r.attnum'), `${OWN('attrelid')} and r.attnum > 0`)},
  ${[
    'pg_rewrite:ev_class',
    'pg_attrdef:adrelid',
    'pg_trigger:tgrelid',
    'pg_proc:oid',
    'pg_type:oid',
    'pg_operator:oid',
    'pg_cast:oid',
    'pg_extension:oid',
  ]
    .map((entry) => {
      const [catalog = '', scope = ''] = entry.split(':')
      return hashOf(catalog, versionOf('r.oid::pg_catalog.int8'), OWN(scope))
    })
    .join(',\n  ')},
  ${hashOf('pg_inherits', versionOf('r.inhrelid::pg_catalog.int8 * 4294967296 + r.inhparent::pg_catalog.int8'))},
  ${hashOf('pg_depend', versionOf('r.objid::pg_catalog.int8 * 4294967296 + r.refobjid::pg_catalog.int8'), "r.deptype = 'e'")}
))`
