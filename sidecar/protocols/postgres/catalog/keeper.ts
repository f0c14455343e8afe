// One catalog per database, shared by all sessions to it and kept current by a helper connection.
//
// While sessions are open the fingerprint is asked for every `maxAge / 2`; a changed one brings a new snapshot. Whoever
// decides asks `current()`, which refuses to answer from a catalog that could not be checked for too long: names resolved
// against a schema that may be gone are guesses.
import { buildCatalog } from './build.ts'
import { fingerprint, pulse } from './fingerprint.ts'
import type { Catalog } from './model.ts'
import { type CatalogSource, readCatalog } from './snapshot.ts'

export interface KeptSource extends CatalogSource {
  close(): void
}

export interface KeeperOptions {
  /** Opens a helper connection with the gateway's own credential and an empty search_path. */
  readonly connect: () => Promise<KeptSource>
  readonly maxAgeMs: number
  readonly now: () => number
  readonly onFailure: (error: unknown) => void
}

/** How many times `maxAge` a catalog may go unchecked before nothing is decided by it. */
const GRACE = 10

export class CatalogKeeper {
  readonly #options: KeeperOptions
  #source: KeptSource | undefined
  #catalog: Catalog | undefined
  #pulse: string | undefined
  #checkedAt = 0
  #users = 0
  #timer: NodeJS.Timeout | undefined
  #running: Promise<void> | undefined
  /** How many changes of the schema have been told, and how many of them the last look came after. */
  #changes = 0
  #seen = 0

  constructor(options: KeeperOptions) {
    this.#options = options
  }

  /** While sessions are open it is checked at least so often. */
  get everyMs(): number {
    return Math.max(50, this.#options.maxAgeMs / 2)
  }

  /** A session begins: resolves when there is a catalog to decide by. */
  async acquire(): Promise<void> {
    this.#users++
    if (!this.#timer) this.#timer = setInterval(() => this.#tick(), this.everyMs).unref()
    if (this.#stale()) await this.refresh()
  }

  release(): void {
    this.#users--
    if (this.#users > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#source?.close()
    this.#source = undefined
  }

  /** The catalog, checked recently enough; undefined where it could not be. */
  get current(): Catalog | undefined {
    return this.#options.now() - this.#checkedAt > this.#options.maxAgeMs * GRACE ? undefined : this.#catalog
  }

  /** A session of this gateway is through with something that may have changed the schema. */
  changed(): void {
    this.#changes++
  }

  /** How many were told. */
  get changes(): number {
    return this.#changes
  }

  /** It has not been looked at since. */
  get behind(): boolean {
    return this.#seen !== this.#changes
  }

  /** Looks now. A look that is under way may have begun before the change, so the caller gets the next one, shared by all who wait. */
  async refresh(): Promise<void> {
    if (this.#running) await this.#running.catch(() => undefined)
    this.#running ??= this.#look().finally(() => {
      this.#running = undefined
    })
    return this.#running
  }

  #stale(): boolean {
    return !this.#catalog || this.#options.now() - this.#checkedAt > this.#options.maxAgeMs
  }

  #tick(): void {
    if (this.#running) return
    this.refresh().catch((error) => {
      // What the last session's end has broken off is no failure.
      if (this.#users > 0) this.#options.onFailure(error)
    })
  }

  /** All sessions may have ended meanwhile: then nobody else would close it, and an open connection keeps a process alive. */
  async #connect(): Promise<KeptSource> {
    const source = await this.#options.connect()
    if (this.#users === 0) {
      source.close()
      throw new Error('no session is left that needs the catalog')
    }
    this.#source = source
    return source
  }

  async #look(): Promise<void> {
    const asked = this.#options.now()
    const changes = this.#changes
    try {
      const source = this.#source ?? (await this.#connect())
      const beat = await pulse(source)
      if (beat !== this.#pulse || !this.#catalog) {
        const print = await fingerprint(source)
        if (print !== this.#catalog?.generation) this.#catalog = buildCatalog(await readCatalog(source))
        this.#pulse = beat
      }
      this.#checkedAt = asked
      this.#seen = changes
    } catch (error) {
      this.#source?.close()
      this.#source = undefined
      throw error
    }
  }
}
