// What the sessions to one database of one Connection share: the catalog, understood statements, and helper connections.
import type { Logger } from '#sidecar/log.ts'
import type { MaskingKeys } from '#sidecar/masking/digest.ts'
import { CatalogKeeper } from './catalog/keeper.ts'
import type { EffectivePath } from './catalog/model.ts'
import { SET_EMPTY_PATH } from './catalog/snapshot.ts'
import { ESTIMATE_MS, estimateRows } from './estimate.ts'
import type { ScramKeyCache } from './scram/keys.ts'
import { Workbench } from './session/workbench.ts'
import { ready } from './sql/wasm.ts'
import { SideConnection } from './upstream/side-connection.ts'
import type { Startup, Target } from './upstream/target.ts'

export interface HubParts {
  readonly target: Target
  readonly database: string
  readonly scramKeys: ScramKeyCache
  readonly maskingKeys: MaskingKeys
  readonly catalogMaxAgeMs: number
  readonly log: Logger
}

export class Hub {
  readonly keeper: CatalogKeeper
  readonly workbench: Workbench
  readonly #parts: HubParts
  #planner: SideConnection | undefined
  #serverMajor = 0

  constructor(parts: HubParts) {
    this.#parts = parts
    this.workbench = new Workbench(parts.maskingKeys)
    this.keeper = new CatalogKeeper({
      connect: () =>
        SideConnection.open(parts.target, this.#startup(), { scramKeys: parts.scramKeys, setup: SET_EMPTY_PATH }),
      maxAgeMs: parts.catalogMaxAgeMs,
      now: () => performance.now(),
      onFailure: (error) => parts.log.warn({ error, database: parts.database }, 'the catalog could not be checked'),
    })
  }

  async acquire(): Promise<void> {
    await Promise.all([this.keeper.acquire(), ready()])
    this.#serverMajor = this.keeper.current?.serverMajor ?? 0
  }

  release(): void {
    this.keeper.release()
  }

  close(): void {
    this.#planner?.close()
    this.#planner = undefined
  }

  /** Rows that the planner expects the statement to read or change. Rejects where it cannot be planned from here. */
  async estimate(statement: string, path: EffectivePath, parameterized: boolean): Promise<number> {
    this.#planner ??= SideConnection.lazy(this.#parts.target, this.#startup(), {
      scramKeys: this.#parts.scramKeys,
      queryMilliseconds: ESTIMATE_MS,
    })
    return estimateRows(this.#planner, this.#serverMajor, { statement, path, parameterized })
  }

  #startup(): Startup {
    return { database: this.#parts.database, parameters: [['application_name', 'sallyport']] }
  }
}
