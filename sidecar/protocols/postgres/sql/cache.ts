// Understood texts, kept: the same text under the same catalog and search_path means the same.
import { createHash } from 'node:crypto'
import type { Catalog } from '../catalog/model.ts'
import { type LiteralShape, literalShape } from './literal-shape.ts'
import type { Understood } from './statement.ts'
import { type Environment, indifferentLiterals, understand } from './understand.ts'

/** V8 hashes longer strings by their length only, so a map of them is a list. */
const LONGEST_KEY = 16_383
const MOST_BYTES = 32 * 1024 * 1024
/** What an understood statement takes besides its text, roughly. */
const ENTRY_BYTES = 4_096
const BYTES_PER_CHARACTER = 24

interface Entry {
  readonly understood: Understood
  readonly bytes: number
}

/** All texts under one catalog and path. */
interface Shelf {
  readonly entries: Map<string, Entry>
  /** Statements that mean the same whatever their literals are, by the text without these. */
  readonly shapes: Map<string, Entry>
}

/** Bounded by bytes; the oldest entries go first. One per connection to a database. */
export class StatementCache {
  readonly #most: number
  readonly #shelves = new WeakMap<Catalog, Map<string, Shelf>>()
  /** In order of arrival, for eviction. */
  #order: { readonly map: Map<string, Entry>; readonly key: string }[] = []
  #first = 0
  #bytes = 0

  constructor(mostBytes = MOST_BYTES) {
    this.#most = mostBytes
  }

  get bytes(): number {
    return this.#bytes
  }

  understand(text: string, environment: Environment): Understood | Promise<Understood> {
    const shelf = this.#shelf(environment)
    const key = text.length > LONGEST_KEY ? `\0${createHash('sha256').update(text).digest('base64')}` : text
    const known = shelf.entries.get(key)
    if (known !== undefined) return known.understood
    const shape = literalShape(text)
    const alike = shape === undefined ? undefined : shelf.shapes.get(shape.key)
    if (alike !== undefined) return alike.understood
    const understood = understand(text, environment)
    if (!('then' in understood)) return this.#keep(shelf, key, shape, text, understood)
    return understood.then((done) => this.#keep(shelf, key, shape, text, done))
  }

  #shelf(environment: Environment): Shelf {
    let shelves = this.#shelves.get(environment.catalog)
    if (shelves === undefined) {
      shelves = new Map()
      this.#shelves.set(environment.catalog, shelves)
    }
    const key = pathKey(environment)
    let shelf = shelves.get(key)
    if (shelf === undefined) {
      shelf = { entries: new Map(), shapes: new Map() }
      shelves.set(key, shelf)
    }
    return shelf
  }

  #keep(
    shelf: Shelf,
    text: string,
    shape: LiteralShape | undefined,
    whole: string,
    understood: Understood,
  ): Understood {
    const shared = shape !== undefined && isShared(understood, shape)
    const map = shared ? shelf.shapes : shelf.entries
    const key = shared ? shape.key : text
    const bytes = whole.length * BYTES_PER_CHARACTER + ENTRY_BYTES
    // A script that would push out everything else is not worth keeping.
    if (bytes > this.#most / 8 || map.has(key)) return understood
    map.set(key, { understood, bytes })
    this.#order.push({ map, key })
    this.#bytes += bytes
    while (this.#bytes > this.#most) this.#evict()
    return understood
  }

  #evict(): void {
    const oldest = this.#order[this.#first++]
    if (oldest === undefined) return
    const entry = oldest.map.get(oldest.key)
    if (entry !== undefined) {
      oldest.map.delete(oldest.key)
      this.#bytes -= entry.bytes
    }
    if (this.#first > 1_024 && this.#first * 2 > this.#order.length) {
      this.#order = this.#order.slice(this.#first)
      this.#first = 0
    }
  }
}

// Proven only if every literal of the text is one whose value tells nothing: LIMIT, positions in ORDER BY, arguments that
// name objects and the like are never among those. Offsets in the statement are those of the first such text.
function isShared(understood: Understood, shape: LiteralShape): boolean {
  if (!understood.ok || understood.statements.length !== 1) return false
  const [statement] = understood.statements
  return statement !== undefined && indifferentLiterals(statement) === shape.literals
}

interface PathKey {
  readonly user: string | undefined
  readonly key: string
}

// Schema names can hold any character but NUL. A path array is made once per change, and mostly for one user, so its key
// is kept with it: a string made anew would be hashed and compared anew for every statement.
const KEYS = new WeakMap<readonly string[], PathKey>()

function pathKey({ path, user }: Environment): string {
  const known = KEYS.get(path)
  if (known !== undefined && known.user === user) return known.key
  const key = user === undefined ? path.join('\0') : `${path.join('\0')}\0\0${user}`
  KEYS.set(path, { user, key })
  return key
}
