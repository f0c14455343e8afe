// One instance of the parser's WebAssembly module, and how to throw it away.
//
// The module leaks its own stack when a host stack overflow unwinds through it, and its memory only grows. So an
// instance that failed in any way but a clean syntax error, or that has grown too large, is dropped and another made.
import { createRequire } from 'node:module'
import type { ParseResult } from 'libpg-query'

interface ParserModule {
  getValue(pointer: number, type: 'i32'): number
  UTF8ToString(pointer: number): string
  stringToUTF8(text: string, pointer: number, bytes: number): void
  _malloc(bytes: number): number
  _free(pointer: number): void
  _wasm_parse_query_raw(text: number): number
  _wasm_free_parse_result(result: number): void
  readonly HEAPU8: Uint8Array
}

export interface SyntaxFault {
  readonly message: string
  /** Byte offset in the text. */
  readonly at: number
}

export type Parsed =
  | { readonly ok: true; readonly tree: ParseResult }
  | { readonly ok: false; readonly fault: SyntaxFault }

/** The tree still as the parser's JSON, to be handed from thread to thread. */
export type ParsedText =
  | { readonly ok: true; readonly json: string }
  | { readonly ok: false; readonly fault: SyntaxFault }

/** The instance broke (stack overflow, out of memory): the text is refused and the instance is gone. */
export class ParserBroke extends Error {
  constructor(cause: unknown) {
    super('the statement is too complex for the SQL parser', { cause })
    this.name = 'ParserBroke'
  }
}

/** How far the heap may grow beyond what it begins with. */
const MOST_GROWTH = 96 * 1024 * 1024

let current: ParserModule | undefined
let initialHeap = 0
let making: Promise<void> | undefined

/** True if `parse` can be called now. Otherwise await `ready()`. */
export function isReady(): boolean {
  return current !== undefined
}

export function ready(): Promise<void> {
  if (current !== undefined) return Promise.resolve()
  making ??= make().finally(() => {
    making = undefined
  })
  return making
}

async function make(): Promise<void> {
  // A deep import of the factory: the package's own entry point keeps one instance for ever.
  const factory: unknown = createRequire(import.meta.url)('libpg-query/wasm/libpg-query.js')
  current = await (factory as () => Promise<ParserModule>)()
  initialHeap = current.HEAPU8.byteLength
}

export function parse(text: string): Parsed {
  return treeOf(parseText(text))
}

export function treeOf(parsed: ParsedText): Parsed {
  return parsed.ok ? { ok: true, tree: JSON.parse(parsed.json) as ParseResult } : parsed
}

export function parseText(text: string): ParsedText {
  const module = current
  if (module === undefined) throw new Error('the SQL parser is not loaded: await ready() first')
  try {
    const parsed = parseWith(module, text)
    if (module.HEAPU8.byteLength > initialHeap + MOST_GROWTH) replace()
    return parsed
  } catch (error) {
    replace()
    throw new ParserBroke(error)
  }
}

function replace(): void {
  current = undefined
  // Failing to load again shows where it is awaited next.
  ready().catch(() => undefined)
}

function parseWith(module: ParserModule, text: string): ParsedText {
  const bytes = Buffer.byteLength(text) + 1
  const pointer = module._malloc(bytes)
  if (pointer === 0) throw new Error('out of memory')
  module.stringToUTF8(text, pointer, bytes)
  const result = module._wasm_parse_query_raw(pointer)
  if (result === 0) throw new Error('out of memory')
  const fault = module.getValue(result + 8, 'i32')
  const tree = module.getValue(result, 'i32')
  const parsed: ParsedText =
    fault !== 0 ? { ok: false, fault: readFault(module, fault) } : { ok: true, json: module.UTF8ToString(tree) }
  module._free(pointer)
  module._wasm_free_parse_result(result)
  return parsed
}

// struct PgQueryError { char *message, *funcname, *filename; int lineno, cursorpos; char *context; }. cursorpos counts
// characters from 1 in the server, but here the text is one database encoding of single bytes, so it counts bytes.
function readFault(module: ParserModule, fault: number): SyntaxFault {
  const message = module.getValue(fault, 'i32')
  const position = module.getValue(fault + 16, 'i32')
  return { message: message === 0 ? 'syntax error' : module.UTF8ToString(message), at: Math.max(0, position - 1) }
}
