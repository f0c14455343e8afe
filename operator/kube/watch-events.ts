// The events of a watch: one JSON document a line. A connection may break anywhere, so a line counts only when it is whole.
import { ApiError, type Asked, errorOf, failure } from './api-error.ts'
import { asObject, type Defaults, isRecord, type KubeObject } from './object.ts'

export type WatchEvent =
  | { readonly type: 'Changed'; readonly object: KubeObject }
  | { readonly type: 'Deleted'; readonly object: KubeObject }
  | { readonly type: 'Bookmark'; readonly resourceVersion: string }

/** An object is at most 1.5 MB in etcd, and its JSON not much more. */
const MAX_LINE_BYTES = 16 * 1024 * 1024

/** Throws an ApiError: of the Status where the API server sent one, `BadAnswer` for what is no event, `Unreachable` for a break. */
export async function* watchEvents(
  asked: Asked,
  body: AsyncIterable<Uint8Array>,
  defaults: Defaults,
  maxLineBytes: number = MAX_LINE_BYTES,
): AsyncGenerator<WatchEvent> {
  try {
    for await (const line of lines(asked, body, maxLineBytes)) {
      const event = eventOf(asked, line, defaults)
      if (event !== undefined) yield event
    }
  } catch (error) {
    if (error instanceof ApiError) throw error
    throw failure(asked, 'Unreachable', 'the connection broke', error)
  }
}

async function* lines(asked: Asked, body: AsyncIterable<Uint8Array>, maxLineBytes: number): AsyncGenerator<string> {
  let begun: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body) {
    let from = 0
    for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, from)) {
      yield textOf([...begun, chunk.subarray(from, end)])
      begun = []
      bytes = 0
      from = end + 1
    }
    if (from === chunk.length) continue
    begun.push(chunk.subarray(from))
    bytes += chunk.length - from
    if (bytes > maxLineBytes) throw failure(asked, 'BadAnswer', `an event is larger than ${maxLineBytes} bytes`)
  }
}

function textOf(parts: readonly Uint8Array[]): string {
  return Buffer.concat(parts).toString('utf8')
}

function eventOf(asked: Asked, line: string, defaults: Defaults): WatchEvent | undefined {
  if (line.trim() === '') return undefined
  const { type, object } = parsed(asked, line)
  if (type === 'ERROR') throw errorOf(asked, codeIn(object), object)
  const known = asObject(type === 'BOOKMARK' ? named(object) : object, defaults)
  if (known === undefined || known.metadata.resourceVersion === '') throw noEvent(asked)
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
      return { type: 'Changed', object: known }
    case 'DELETED':
      return { type: 'Deleted', object: known }
    case 'BOOKMARK':
      return { type: 'Bookmark', resourceVersion: known.metadata.resourceVersion }
    default:
      throw noEvent(asked)
  }
}

function parsed(asked: Asked, line: string): Readonly<Record<string, unknown>> {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch (error) {
    throw failure(asked, 'BadAnswer', 'a line of the watch is no JSON', error)
  }
  if (!isRecord(value)) throw noEvent(asked)
  return value
}

/** A bookmark's object has a version and no name. */
function named(object: unknown): unknown {
  const metadata = isRecord(object) ? object['metadata'] : undefined
  return isRecord(object) && isRecord(metadata) ? { ...object, metadata: { ...metadata, name: 'bookmark' } } : object
}

function codeIn(status: unknown): number {
  const code = isRecord(status) ? status['code'] : undefined
  return typeof code === 'number' ? code : 500
}

function noEvent(asked: Asked): Error {
  return failure(asked, 'BadAnswer', 'a line of the watch is no event')
}
