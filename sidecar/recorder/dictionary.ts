// What repeats in a session is written once and named by a number: statement shapes, decisions, masks, column lists.
//
// Look-ups go by identity (shapes and most decisions are shared objects) and then by content, so that decisions made anew
// for every statement do not fill the file. When full it starts over: numbers go on, things are defined again.
const LIMIT = 512

export class Dictionary {
  readonly #define: (id: number, json: string) => void
  #byIdentity = new Map<object, number>()
  #byContent = new Map<string, number>()
  #last = 0

  /** `define` writes the definition record. */
  constructor(define: (id: number, json: string) => void) {
    this.#define = define
  }

  id(thing: object, describe: () => unknown): number {
    return this.#byIdentity.get(thing) ?? this.#add(thing, describe)
  }

  #add(thing: object, describe: () => unknown): number {
    const json = JSON.stringify(describe(), plain)
    let id = this.#byContent.get(json)
    if (this.#byIdentity.size >= LIMIT) this.#byIdentity = new Map()
    if (id === undefined) {
      if (this.#byContent.size >= LIMIT) this.forget()
      id = ++this.#last
      this.#define(id, json)
      this.#byContent.set(json, id)
    }
    this.#byIdentity.set(thing, id)
    return id
  }

  /** Defines everything anew from here on. */
  forget(): void {
    this.#byContent = new Map()
    this.#byIdentity = new Map()
  }
}

function plain(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value
}
