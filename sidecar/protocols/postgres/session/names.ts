// What the session has named. Parse and SQL PREPARE share one namespace in the server, portals and SQL cursors another.
//
// A name is what a later message refers to, so what it stands for must never be in doubt. Definitions and removals are
// entered when they are forwarded and taken back when the target refuses or skips them. A use in the same pipeline (no
// Sync between) is skipped together with its definition; a use behind a Sync has to wait until the definition is
// answered, or it could run what an older definition of the name stands for. `ready` tells the two apart.
import type { Catalog } from '../catalog/model.ts'
import type { Statement } from '../sql/statement.ts'
import type { Field } from '../wire/messages.ts'
import type { Awaiting } from './awaiting.ts'
import type { Judged } from './judge.ts'
import type { Origin } from './origin.ts'
import type { BoundParameters } from './parameters.ts'
import type { Sent } from './schema-watch.ts'
import { type Confirmable, Tentative } from './tentative.ts'

export interface Named extends Confirmable {
  readonly name: string
  /** Which pipeline (between two Syncs) defined it. */
  readonly group: number
}

/** The server understands it anew at every Bind and EXECUTE: its meaning follows search_path and catalog. */
export interface Prepared extends Named {
  readonly origin: Origin
  /** Declared in Parse, or told by ParameterDescription; 0 unknown. */
  types: readonly number[]
}

/** A statement as it was understood when the server planned it. */
export interface Planned {
  readonly statement: Statement
  readonly catalog: Catalog
}

/**
 * What Execute and FETCH bring rows of: made by Bind, or declared by SQL. The server has planned it: whatever becomes of
 * search_path and catalog, its rows are those of the plan.
 */
interface Executable extends Named {
  readonly text: string
  /** Undefined for an empty statement. */
  readonly planned: Planned | undefined
  readonly bound: BoundParameters | undefined
  /** The latest decision. */
  judged: Judged | undefined
  /** From the answer to a Describe of this portal. */
  fields: readonly Field[] | undefined
  /** When its Bind was forwarded: the target understands it then. */
  readonly sent?: Sent
  readonly origin?: Origin
  /** A Describe of this portal has been forwarded. */
  described: boolean
}

export interface Portal extends Executable {
  readonly kind: 'portal'
}

export interface Cursor extends Executable {
  readonly kind: 'cursor'
  readonly hold: boolean
}

/** PostgreSQL has no bound; a gateway that shares memory with others needs one. */
const MAX_NAMES = 10_000

export class Names {
  readonly #prepared = new Tentative<Prepared>()
  readonly #portals = new Tentative<Portal | Cursor>()

  prepared(name: string): Prepared | undefined {
    return this.#prepared.get(name)
  }

  portal(name: string): Portal | Cursor | undefined {
    return this.#portals.get(name)
  }

  get full(): boolean {
    return this.#prepared.size >= MAX_NAMES || this.#portals.size >= MAX_NAMES
  }

  /**
   * Enters a definition and returns what to tell the target's answer. Where the name is taken the target refuses
   * (unless it is the unnamed one), and the older definition is in force again; what follows in the pipeline is skipped.
   */
  definePrepared(entry: Prepared): Awaiting {
    return this.#prepared.set(entry.name, entry)
  }

  definePortal(entry: Portal | Cursor): Awaiting {
    return this.#portals.set(entry.name, entry)
  }

  removePrepared(name: string): Awaiting {
    return this.#prepared.set(name, undefined)
  }

  removePortal(name: string): Awaiting {
    return this.#portals.set(name, undefined)
  }

  /** DEALLOCATE ALL, DISCARD ALL, and names that unseen code may have changed. */
  clearPrepared(): void {
    this.#prepared.clear()
  }

  clearPortals(): void {
    this.#portals.clear()
  }

  /** A transaction ended: every portal but WITH HOLD cursors is gone. Those a later pipeline has defined already stay. */
  endTransaction(group: number): void {
    if (this.#portals.size === 0) return
    for (const portal of this.#portals.values()) {
      if (portal.group <= group && !(portal.kind === 'cursor' && portal.hold)) this.#portals.delete(portal.name)
    }
  }

  /** Forgets portals and cursors that the target does not have any more. */
  keepPortals(existing: ReadonlySet<string>): void {
    for (const { name } of this.#portals.values()) {
      if (!existing.has(name)) this.#portals.delete(name)
    }
  }

  forgetPrepared(name: string): void {
    this.#prepared.delete(name)
  }

  allPrepared(): readonly Prepared[] {
    return this.#prepared.values()
  }
}

/** Whether a use in pipeline `group` can rely on the entry without waiting. */
export function ready(entry: Named, group: number): boolean {
  return entry.confirmed || entry.group === group
}
