// What all sessions of one connection to one database share: understood statements, and the masks in force laid over
// the catalog. Both are pure functions of their keys, so they are computed once.
import type { MaskingKeys } from '#sidecar/masking/digest.ts'
import type { Mask } from '#sidecar/masking/mask.ts'
import type { Catalog, EffectivePath } from '../catalog/model.ts'
import { type Protection, protection } from '../masking/plan.ts'
import { StatementCache } from '../sql/cache.ts'
import type { Understood } from '../sql/statement.ts'
import type { Soon } from './after.ts'
import { type Inspection, inspectionOf } from './inspection.ts'
import { Unrest } from './unrest.ts'

/** A text whose statements are understood. */
export type UnderstoodText = Extract<Understood, { ok: true }>

/** What a plan was made from. */
export interface Basis {
  readonly catalog: Catalog
  readonly protection: Protection
  readonly inspection: Inspection | undefined
}

export class Workbench {
  readonly maskingKeys: MaskingKeys
  readonly unrest = new Unrest()
  readonly #cache: StatementCache
  readonly #bases = new WeakMap<readonly Mask[], WeakMap<Catalog, Basis>>()

  constructor(maskingKeys: MaskingKeys, cache = new StatementCache()) {
    this.maskingKeys = maskingKeys
    this.#cache = cache
  }

  understand(text: string, catalog: Catalog, path: EffectivePath, user: string): Soon<Understood> {
    return this.#cache.understand(text, { catalog, path, user })
  }

  basis(masks: readonly Mask[], catalog: Catalog): Basis {
    let byCatalog = this.#bases.get(masks)
    if (!byCatalog) {
      byCatalog = new WeakMap()
      this.#bases.set(masks, byCatalog)
    }
    let basis = byCatalog.get(catalog)
    if (!basis) {
      basis = { catalog, protection: protection(masks, catalog), inspection: inspectionOf(masks) }
      byCatalog.set(catalog, basis)
    }
    return basis
  }
}
