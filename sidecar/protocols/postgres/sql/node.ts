// The parse tree's nodes as the parser writes them: one key, the node's kind, over its fields. Fields at their protobuf
// default (0, '', false) are absent.
import type { Node, String as StringNode } from 'libpg-query'

export type { Node }

type KeysOf<T> = T extends T ? keyof T : never
export type Kind = KeysOf<Node>
export type Body<K extends Kind> = Extract<Node, Record<K, unknown>>[K]

/** Something the analysis does not understand. Whatever it is part of is refused whole. */
export class NotUnderstood extends Error {
  readonly at: number | undefined

  constructor(reason: string, at?: number) {
    super(reason)
    this.name = 'NotUnderstood'
    this.at = at
  }
}

export function kindOf(node: Node): Kind {
  for (const kind in node) return kind as Kind
  throw new NotUnderstood('an empty node in the parse tree')
}

/** The node's fields if it is of that kind. */
export function as<K extends Kind>(kind: K, node: Node | undefined): Body<K> | undefined {
  if (node === undefined || !(kind in node)) return undefined
  return (node as Record<string, unknown>)[kind] as Body<K>
}

export function stringOf(node: Node | undefined): string | undefined {
  const body = as('String', node)
  return body === undefined ? undefined : (body.sval ?? '')
}

/** Names of a dotted name, in order: `a.b.c`. */
export function namesOf(nodes: readonly Node[] | undefined): readonly string[] {
  return (nodes ?? []).map((node) => {
    const name = stringOf(node)
    if (name === undefined) throw new NotUnderstood(`a name with a part that is no name (${kindOf(node)})`)
    return name
  })
}

export function textOf(node: StringNode | undefined): string {
  return node?.sval ?? ''
}

/** The value of a literal string or number, as text; undefined for anything else (NULL too). */
export function literalText(node: Node | undefined): string | undefined {
  const constant = as('A_Const', node)
  if (constant !== undefined) {
    if (constant.sval !== undefined) return constant.sval.sval ?? ''
    if (constant.ival !== undefined) return String(constant.ival.ival ?? 0)
    if (constant.fval !== undefined) return constant.fval.fval ?? '0'
    if (constant.boolval !== undefined) return constant.boolval.boolval === true ? 'true' : 'false'
    return undefined
  }
  // A typed literal ('x'::text, text 'x', 'x'::regclass) names the same thing.
  const cast = as('TypeCast', node)
  return cast === undefined ? undefined : literalText(cast.arg)
}
