// The difference of two JSON documents as a JSON Patch (RFC 6902), which is how a mutating webhook answers. Small on purpose:
// the API server logs it, and what it does not touch stays as other webhooks left it.
import { isRecord } from '../kube/object.ts'
import { type JsonObject, sameJson } from './json.ts'

export type PatchOperation =
  | { readonly op: 'add' | 'replace'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string }

export function jsonPatch(before: unknown, after: unknown): readonly PatchOperation[] {
  return difference('', before, after)
}

function difference(path: string, before: unknown, after: unknown): PatchOperation[] {
  if (sameJson(before, after)) return []
  if (isRecord(before) && isRecord(after)) return ofObjects(path, before, after)
  if (Array.isArray(before) && Array.isArray(after) && before.length === after.length) {
    return before.flatMap((item, index) => difference(`${path}/${index}`, item, after[index]))
  }
  return [{ op: 'replace', path, value: after }]
}

function ofObjects(path: string, before: JsonObject, after: JsonObject): PatchOperation[] {
  const removed = Object.keys(before).filter((key) => after[key] === undefined)
  return [
    ...removed.map((key) => ({ op: 'remove' as const, path: member(path, key) })),
    ...Object.entries(after)
      .filter(([, value]) => value !== undefined)
      .flatMap(([key, value]): PatchOperation[] =>
        Object.hasOwn(before, key)
          ? difference(member(path, key), before[key], value)
          : [{ op: 'add', path: member(path, key), value }],
      ),
  ]
}

/** RFC 6901, section 3: `~` before `/`, or an escape would be escaped. */
function member(path: string, key: string): string {
  return `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`
}
