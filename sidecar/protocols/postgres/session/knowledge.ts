// What is known of the session's own state: the effective search_path and the catalog that names are resolved against.
//
// Nothing here is computed from SQL text. Whatever may have changed it marks it stale, and before the next decision it is
// read back from the target in the agent's own session, where transactions, savepoints, SET LOCAL and code that nobody
// has seen have had exactly the effect that they had.
import { buildCatalog } from '../catalog/build.ts'
import { fingerprint } from '../catalog/fingerprint.ts'
import type { CatalogKeeper } from '../catalog/keeper.ts'
import type { Catalog, EffectivePath } from '../catalog/model.ts'
import { readCatalog } from '../catalog/snapshot.ts'
import { Collector, type TextRow } from './collector.ts'
import type { Core } from './core.ts'

/** Rows: the schemas in effective order, temp and pg_catalog in their places. */
const PATH = 'select pg_catalog.unnest(pg_catalog.current_schemas(true))'
/** What the target itself says of prepared statements and cursors: code that nobody has seen may have changed them. */
const NAMES =
  "select 's', name, statement from pg_catalog.pg_prepared_statements union all select 'c', name, statement from pg_catalog.pg_cursors"

const ISOLATION = "select pg_catalog.current_setting('transaction_isolation')"

const READ_COMMITTED = 'read committed'

const WROTE = 'select pg_catalog.pg_current_xact_id_if_assigned() is not null'

const FUNCTION =
  "select pg_catalog.concat(n.nspname, '.', p.proname) from pg_catalog.pg_proc p, pg_catalog.pg_namespace n where n.oid = p.pronamespace and p.oid ="

const MAX_ANSWER = 64 * 1024 * 1024

export class Knowledge {
  readonly #keeper: CatalogKeeper
  #path: EffectivePath = ['pg_catalog']
  /** Seen only by this session: it has uncommitted DDL. */
  #private: Catalog | undefined
  /** The shared catalog when the private one was read. */
  #besides: Catalog | undefined
  /** How many changes by others it came after. */
  #seen = 0
  /** The transaction sees an older catalog than the one that the target resolves names by. */
  #torn = false
  #pathStale = true
  #catalogStale = false
  #namesStale = false
  /** Code that nobody has seen ran, and may have changed the catalog. */
  #catalogDoubtful = false
  /** The open transaction changed search_path or catalog: its end changes them again. */
  #pathDirty = false
  #catalogDirty = false

  constructor(keeper: CatalogKeeper) {
    this.#keeper = keeper
  }

  get path(): EffectivePath {
    return this.#path
  }

  /** Undefined where there is none to decide by: it could not be checked for too long, or two views of it disagree. */
  get catalog(): Catalog | undefined {
    if (!this.#private) return this.#keeper.current
    return this.#torn ? undefined : this.#private
  }

  get stale(): boolean {
    return this.#pathStale || this.#catalogStale || this.#namesStale || this.#catalogDoubtful || this.#overtaken
  }

  /** Another session of this gateway may have changed the schema since the shared catalog was checked. */
  get behind(): boolean {
    return this.#private === undefined || this.#torn ? this.#keeper.behind : this.#keeper.changes !== this.#seen
  }

  /** Has the shared one checked. Where that fails it stays behind, and what is decided by it is looked at again before it is told. */
  async catchUp(): Promise<void> {
    const seen = this.#keeper.changes
    await this.#keeper.refresh().then(
      () => {
        this.#seen = seen
      },
      () => undefined,
    )
  }

  /** What the session changed in the schema is everybody's from now on. */
  settled(): void {
    this.#keeper.changed()
  }

  /** Others have committed DDL since the private catalog was read. */
  get #overtaken(): boolean {
    return this.#private !== undefined && !this.#torn && this.#keeper.current !== this.#besides
  }

  /** So often others' changes are noticed, whoever makes them. */
  get checkedEveryMs(): number {
    return this.#keeper.everyMs
  }

  /** Has the catalog checked now. False: it could not be, or what only this session sees lies beside another by now. */
  async lookAgain(): Promise<boolean> {
    try {
      await this.#keeper.refresh()
    } catch {
      return false
    }
    return !this.#overtaken
  }

  get dirty(): boolean {
    return this.#pathDirty || this.#catalogDirty
  }

  pathChanged(): void {
    this.#pathStale = true
    this.#pathDirty = true
  }

  catalogChanged(inTransaction: boolean): void {
    this.#catalogStale = true
    this.#pathStale = true
    if (inTransaction) this.#catalogDirty = true
  }

  /** Code that nobody has seen ran: settings, schema, prepared statements and cursors may be others. */
  unseen(): void {
    this.pathChanged()
    this.#catalogDoubtful = true
    this.#namesStale = true
  }

  /** A transaction, or a part of it, ended or was rolled back. */
  rolled(): void {
    if (this.#pathDirty) this.#pathStale = true
    if (this.#catalogDirty) {
      this.#catalogStale = true
      this.#pathStale = true
    }
  }

  transactionEnded(): void {
    this.rolled()
    this.#torn = false
    this.#pathDirty = false
    this.#catalogDirty = false
  }

  /** Reads back what is stale. Only while nothing is under way and the transaction has not failed. */
  async renew(core: Core): Promise<void> {
    if (this.behind && !this.#catalogStale && core.judge.careful) await this.#follow(core)
    if (this.#catalogStale || this.#overtaken || (await this.#otherCatalog(core))) await this.#renewCatalog(core)
    this.#catalogDoubtful = false
    if (this.#pathStale) {
      this.#path = (await question(core, PATH)).map(([schema]) => schema ?? '')
      this.#pathStale = false
    }
    if (this.#namesStale) {
      await this.#checkNames(core)
      this.#namesStale = false
    }
  }

  /** `schema.name` of a function; undefined where there is none. Only while nothing is under way. */
  async functionName(core: Core, oid: number): Promise<string | undefined> {
    if (core.status === 'failed') return undefined
    const [row] = await question(core, `${FUNCTION} ${oid}`)
    return row?.[0] ?? undefined
  }

  /** Whether code that nobody has seen may have left another catalog to this transaction. */
  async #otherCatalog(core: Core): Promise<boolean> {
    if (!this.#catalogDoubtful) return false
    if (core.status === 'idle') return true
    const [wrote] = await question(core, WROTE)
    if (wrote?.[0] !== 't') return false
    const now = await fingerprint({ query: (sql) => undisturbed(core, sql) })
    return now !== this.catalog?.generation
  }

  // A transaction may hold locks that a connection of ours would wait for, so it reads for itself what it is to see.
  async #follow(core: Core): Promise<void> {
    const own = core.status === 'open' && (await isolation(core)) === READ_COMMITTED
    await (own ? this.#renewCatalog(core) : this.catchUp())
  }

  async #renewCatalog(core: Core): Promise<void> {
    if (core.status === 'idle') {
      await this.#keeper.refresh()
      this.#private = undefined
    } else {
      // Uncommitted: only this session can see it, and it is gone with the transaction.
      this.#catalogDirty = true
      const overtaken = this.#overtaken
      this.#seen = this.#keeper.changes
      this.#besides = this.#keeper.current
      const source = { query: (sql: string) => undisturbed(core, sql) }
      this.#private = buildCatalog(await readCatalog(source))
      // Names are resolved by the newest catalog at every level, but a transaction that keeps one snapshot reads an old one.
      this.#torn = overtaken && (await isolation(core)) !== READ_COMMITTED
    }
    this.#catalogStale = false
  }

  async #checkNames(core: Core): Promise<void> {
    const rows = await question(core, NAMES)
    const texts = new Map(rows.filter(([kind]) => kind === 's').map(([, name, text]) => [name, text]))
    for (const prepared of core.names.allPrepared()) {
      // The unnamed statement is not listed, and SQL code cannot redefine it.
      if (prepared.name === '') continue
      if (texts.get(prepared.name) !== prepared.origin.text) core.names.forgetPrepared(prepared.name)
    }
    core.names.keepPortals(new Set(rows.filter(([kind]) => kind === 'c').map(([, name]) => name ?? '')))
  }
}

async function isolation(core: Core): Promise<string | undefined> {
  const [level] = await question(core, ISOLATION)
  return level?.[0] ?? undefined
}

/** What a question in the open transaction brings while search_path is empty; nothing of it stays behind. */
async function undisturbed(core: Core, text: string): Promise<readonly TextRow[]> {
  const rows = await answers(core, [
    'savepoint _sallyport_asks',
    "select pg_catalog.set_config('search_path', '', true)",
    text,
    'rollback to savepoint _sallyport_asks',
    'release savepoint _sallyport_asks',
  ])
  return rows[1] ?? []
}

async function question(core: Core, text: string): Promise<readonly TextRow[]> {
  const [rows] = await answers(core, [text])
  return rows ?? []
}

/** The rows of each text that returns any. */
async function answers(core: Core, texts: readonly string[]): Promise<readonly (readonly TextRow[])[]> {
  const collector = new Collector(MAX_ANSWER)
  await core.ask(texts, collector)
  return collector.results
}
