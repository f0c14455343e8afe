// What the checks need to know of a protocol: its words, never its code.
import type { Protocol, Vocabulary } from '#sidecar/protocols/protocol.ts'

export interface ProtocolFacts extends Pick<Protocol, 'name' | 'settings' | 'credentials' | 'faults'> {
  readonly vocabulary: Vocabulary & {
    /** How many segments, at least, the names of a kind of object have: 2 for `public.orders`. Names of a kind that is left out are not checked. */
    readonly nameSegments?: { readonly [kind: string]: number }
  }
}
