// Reads the catalog of one database from a live server, 13 to 18, without superuser rights, in a few set-based queries.
//
// pg_get_viewdef() qualifies exactly the names that search_path does not reach, so it must run under an empty
// search_path (names in pg_catalog then stay unqualified, because that schema is always searched). A connection of our
// own sets that once. In an agent's session nothing may stay behind: `undisturbed` wraps the query so that the setting
// lasts only for a subtransaction (or a transaction of its own) that is rolled back.
import { fingerprint } from './fingerprint.ts'
import { type CatalogRows, type Cells, FIRST_UNFIXED_OID, FIRST_USER_OID, type Section, text } from './rows.ts'

/** Anything that runs one simple query and gives its rows in text format. */
export interface CatalogSource {
  query(sql: string): Promise<readonly Cells[]>
}

/** Everything users made in the database. The source's search_path must be empty (`SET_EMPTY_PATH`). */
export async function readCatalog(source: CatalogSource): Promise<CatalogRows> {
  // The fingerprint comes first: what changes while the rows are read differs from it at the next look.
  const generation = await fingerprint(source)
  return readRows(source, generation, 'user')
}

export type Scope = 'user' | 'system'

/** `system` reads what the server itself brings; only the generator of the built-in catalogs asks for that. */
export async function readRows(source: CatalogSource, generation: string, scope: Scope): Promise<CatalogRows> {
  const [about] = await source.query(ABOUT)
  if (about === undefined) throw new Error('the server did not say its version: is this PostgreSQL?')
  if (!['', '""'].includes(text(about, 2))) {
    throw new Error(
      'the catalog is read with an empty search_path only: is there a pooler that gives every query another session?',
    )
  }
  const sections: { [section in Section]?: readonly Cells[] } = {}
  for (const section of Object.keys(QUERIES) as Section[]) {
    const query = QUERIES[section](scope === 'user' ? `>= ${FIRST_USER_OID}` : `< ${FIRST_USER_OID}`)
    sections[section] = scope === 'system' && section === 'views' ? [] : await source.query(query)
  }
  return {
    serverMajor: Math.floor(Number(text(about, 0)) / 10000),
    database: text(about, 1),
    generation,
    sections: sections as CatalogRows['sections'],
    system:
      scope === 'user'
        ? { relations: await source.query(SYSTEM_RELATIONS), types: await source.query(SYSTEM_TYPES) }
        : { relations: [], types: [] },
  }
}

/** For a connection of our own, once after login. */
export const SET_EMPTY_PATH = "select pg_catalog.set_config('search_path', '', false)"

/**
 * A query for an agent's session: one simple-query text after which settings and transaction are as before. Its rows
 * come after one row, of the set_config(). ROLLBACK TO restores search_path (guc.c, AtEOXact_GUC), and nothing is reported in between because servers send
 * ParameterStatus for a changed setting only before ReadyForQuery.
 */
export function undisturbed(sql: string, inTransaction: boolean): string {
  const empty = "select pg_catalog.set_config('search_path', '', true)"
  return inTransaction
    ? `savepoint sallyport_catalog; ${empty}; ${sql}; rollback to savepoint sallyport_catalog; release savepoint sallyport_catalog`
    : `begin read only; ${empty}; ${sql}; rollback`
}

const ABOUT = `select pg_catalog.current_setting('server_version_num'), pg_catalog.current_database(),
  pg_catalog.current_setting('search_path')`

const SYSTEM_RELATIONS = `select c.oid, n.nspname, c.relname, c.reltype
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.oid >= ${FIRST_UNFIXED_OID} and c.oid < ${FIRST_USER_OID} and c.relkind in ('r', 'v')`

const SYSTEM_TYPES = `select t.oid, n.nspname, t.typname
  from pg_catalog.pg_type t join pg_catalog.pg_namespace n on n.oid = t.typnamespace
  where t.oid >= ${FIRST_UNFIXED_OID} and t.oid < ${FIRST_USER_OID} and t.typrelid = 0`

/** A left join that names the extension owning an object, as `x.extname`. */
function owner(catalog: string, oid: string): string {
  return `left join (select d.objid, e.extname from pg_catalog.pg_depend d
      join pg_catalog.pg_extension e on e.oid = d.refobjid
      where d.classid = 'pg_catalog.${catalog}'::pg_catalog.regclass and d.objsubid = 0 and d.deptype = 'e'
        and d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass) x on x.objid = ${oid}`
}

/** `range` is the comparison that oids of the scope satisfy. pg_toast is left out: nothing there may be resolved. */
const QUERIES: { readonly [section in Section]: (range: string) => string } = {
  /** name */
  schemas: () => `select nspname from pg_catalog.pg_namespace where nspname !~ '^pg_(temp|toast)_'`,

  /** oid, schema, name, relkind, relpersistence, extension, table of an index, row type */
  relations: (
    range,
  ) => `select c.oid, n.nspname, c.relname, c.relkind, c.relpersistence, x.extname, i.indrelid, c.reltype
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    left join pg_catalog.pg_index i on i.indexrelid = c.oid
    ${owner('pg_class', 'c.oid')}
    where c.oid ${range} and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S', 'c', 'i', 'I')
      and n.nspname <> 'pg_toast' and n.nspname !~ '^pg_toast_temp_'${range.startsWith('<') ? " and c.relkind not in ('i', 'I')" : ''}`,

  /** relation, number, name, type */
  columns: (range) => `select a.attrelid, a.attnum, a.attname, a.atttypid
    from pg_catalog.pg_attribute a join pg_catalog.pg_class c on c.oid = a.attrelid
    where c.oid ${range} and a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S', 'c')
    order by a.attrelid, a.attnum`,

  /**
   * relation, number, source column numbers, oids of routines the expression calls. Servers before 15 hang a generated
   * column's dependencies on the column, later ones on its pg_attrdef row; what is built in is pinned and has no row.
   */
  generated: (range) => `select a.attrelid, a.attnum,
      pg_catalog.array_to_string(array(select distinct d.refobjsubid from pg_catalog.pg_depend d
        where d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjid = a.attrelid
          and d.refobjsubid > 0 and d.refobjsubid <> a.attnum
          and (d.classid, d.objid, d.objsubid) in (('pg_catalog.pg_attrdef'::pg_catalog.regclass, f.oid, 0),
            ('pg_catalog.pg_class'::pg_catalog.regclass, a.attrelid, a.attnum))), ' '),
      pg_catalog.array_to_string(array(select distinct coalesce(o.oprcode::pg_catalog.oid, d.refobjid)
        from pg_catalog.pg_depend d
        left join pg_catalog.pg_operator o on o.oid = d.refobjid
          and d.refclassid = 'pg_catalog.pg_operator'::pg_catalog.regclass
        where d.refclassid in ('pg_catalog.pg_proc'::pg_catalog.regclass, 'pg_catalog.pg_operator'::pg_catalog.regclass)
          and (d.classid, d.objid, d.objsubid) in (('pg_catalog.pg_attrdef'::pg_catalog.regclass, f.oid, 0),
            ('pg_catalog.pg_class'::pg_catalog.regclass, a.attrelid, a.attnum))), ' ')
    from pg_catalog.pg_attribute a join pg_catalog.pg_attrdef f on f.adrelid = a.attrelid and f.adnum = a.attnum
    where a.attrelid ${range} and a.attgenerated <> '' and not a.attisdropped`,

  /** child, parent */
  inheritance: (range) => `select i.inhrelid, i.inhparent from pg_catalog.pg_inherits i
    join pg_catalog.pg_class c on c.oid = i.inhrelid where c.oid ${range} and c.relkind in ('r', 'p', 'f')
    order by i.inhrelid, i.inhseqno`,

  /** relation, definition */
  views: (range) => `select c.oid, pg_catalog.pg_get_viewdef(c.oid) from pg_catalog.pg_class c
    where c.oid ${range} and c.relkind in ('v', 'm')`,

  /** relation */
  rules: (range) => `select distinct r.ev_class from pg_catalog.pg_rewrite r
    where r.ev_class ${range} and r.rulename <> '_RETURN'`,

  /** relation, schema and name of the routine. Internal triggers only check or follow foreign keys. */
  triggers: (range) => `select distinct t.tgrelid, n.nspname, p.proname from pg_catalog.pg_trigger t
    join pg_catalog.pg_proc p on p.oid = t.tgfoid join pg_catalog.pg_namespace n on n.oid = p.pronamespace
    where t.tgrelid ${range} and not t.tgisinternal`,

  /** referenced relation, relation, action on delete and on update, columns of the relation, of the referenced one */
  foreignKeys: (range) => `select k.confrelid, k.conrelid, k.confdeltype, k.confupdtype,
      pg_catalog.array_to_string(k.conkey, ' '), pg_catalog.array_to_string(k.confkey, ' ')
    from pg_catalog.pg_constraint k where k.contype = 'f' and k.conrelid ${range} order by k.oid`,

  /** oid, schema, name, prokind, argument types, variadic, defaults, returns, set, names of OUT columns (JSON), extension */
  routines: (range) => `select p.oid, n.nspname, p.proname, p.prokind, p.proargtypes, p.provariadic <> 0,
      p.pronargdefaults, p.prorettype, p.proretset,
      case when p.proargmodes is not null then (select pg_catalog.json_agg(p.proargnames[i] order by i)
        from pg_catalog.generate_subscripts(p.proargmodes, 1) i where p.proargmodes[i] in ('o', 'b', 't')) end,
      x.extname
    from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
    ${owner('pg_proc', 'p.oid')} where p.oid ${range} order by p.oid`,

  /**
   * oid, schema, name, typtype, element, base, relation, extension. A relation's row type comes with the relation, and
   * the array type over it is left out: they would be two thirds of all rows.
   */
  types: (range) => `select t.oid, n.nspname, t.typname, t.typtype, t.typelem, t.typbasetype, t.typrelid, x.extname
    from pg_catalog.pg_type t join pg_catalog.pg_namespace n on n.oid = t.typnamespace
    ${owner('pg_type', 't.oid')}
    left join pg_catalog.pg_type e on e.oid = t.typelem and e.typarray = t.oid
    left join pg_catalog.pg_class c on c.oid = coalesce(nullif(t.typrelid, 0), e.typrelid) and c.relkind <> 'c'
    where t.oid ${range} and c.oid is null`,

  /** schema, name, routine's schema, name and oid, left type, right type, extension */
  operators: (range) => `select n.nspname, o.oprname, m.nspname, p.proname, p.oid, o.oprleft, o.oprright, x.extname
    from pg_catalog.pg_operator o join pg_catalog.pg_namespace n on n.oid = o.oprnamespace
    join pg_catalog.pg_proc p on p.oid = o.oprcode join pg_catalog.pg_namespace m on m.oid = p.pronamespace
    ${owner('pg_operator', 'o.oid')} where o.oid ${range}`,

  /** source type, target type, routine's schema and name, extension */
  casts: (range) => `select c.castsource, c.casttarget, n.nspname, p.proname, x.extname from pg_catalog.pg_cast c
    left join pg_catalog.pg_proc p on p.oid = c.castfunc left join pg_catalog.pg_namespace n on n.oid = p.pronamespace
    ${owner('pg_cast', 'c.oid')} where c.oid ${range}`,

  /** name, schema */
  extensions: (range) => `select e.extname, n.nspname from pg_catalog.pg_extension e
    join pg_catalog.pg_namespace n on n.oid = e.extnamespace where e.oid ${range} or e.extname = 'plpgsql'`,
}
