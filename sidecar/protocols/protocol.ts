// What a protocol folder offers to the rest. `registry.ts` lists the folders; nothing else names a protocol.
import type { Socket } from 'node:net'
import type { RecordingDecoder } from '#contracts/recording/decoder.ts'
import type { Fault } from '#crds/finding.ts'
import type { Checked } from '#crds/misfits.ts'
import type { Connection } from '#crds/types.gen.ts'
import type { Effect } from '#sidecar/action.ts'
import type { ConfiguredConnection, Services } from '#sidecar/services.ts'

/** CEL type names as conditions are checked against them: `bool`, `int`, `string`, `list<string>`, `map<string, dyn>` … */
export type FactSchema = {
  readonly [fact: string]: { readonly type: string; readonly description: string; readonly costly?: boolean }
}

export interface Vocabulary {
  /** Every verb a part can have. A rule that names another one can never match. */
  readonly verbs: readonly string[]
  /** Every kind of object a part can have. */
  readonly kinds: readonly string[]
  /** How many dot-separated segments the names of a kind have where that is not one. */
  readonly nameSegments?: { readonly [kind: string]: number }
  /** What verbs do to a target, of those that always do the same. */
  readonly effectsOf?: { readonly [verb: string]: readonly Effect[] }
  /** A rule against one of them leaves the others. */
  readonly alike?: readonly AlikeVerbs[]
  /** Kinds of which an object is about itself, and the kind of what it holds: `schema` and `table`. */
  readonly holds?: { readonly [kind: string]: string }
  readonly facts: FactSchema
  /** Which sorts of masking rule this protocol can honour. */
  readonly masking: { readonly columns: boolean; readonly detectors: boolean; readonly fields: boolean }
  /** Which limit metrics it can count. */
  readonly metrics: readonly string[]
}

/** Verbs by which the same can be done to objects of some kinds. */
export interface AlikeVerbs {
  readonly verbs: readonly string[]
  readonly kinds: readonly string[]
  readonly effect: Exclude<Effect, 'Unknown'>
  /** As a sentence goes on: `reads rows`. */
  readonly what: string
}

export interface CredentialKey {
  readonly key: string
  readonly required: boolean
  readonly description: string
}

export interface Protocol {
  /** The value of Connection's `spec.protocol`. */
  readonly name: string
  readonly defaultPort: number
  readonly vocabulary: Vocabulary
  /** JSON schema (draft 2020-12 subset, structural) of Connection's `spec.settings`, and the check generated from it. */
  readonly settings: Checked
  /** Keys of the credentials Secret. */
  readonly credentials: readonly CredentialKey[]
  /** What a Connection says and this protocol cannot honour: it takes no sessions, and `check` says why. */
  readonly faults?: (spec: Connection['spec']) => readonly Fault[]
  /** Reads captured responses back, for whoever replays them. */
  readonly decoder: RecordingDecoder
  /**
   * Serves the connections that share one endpoint, which is the first that each of them lists; several are told apart by the
   * protocol's own hello.
   */
  serve(connections: readonly ConfiguredConnection[], services: Services): Server
}

export interface Server {
  /** Takes over a socket that an agent has just opened. Never throws; errors end the session and are recorded. */
  accept(socket: Socket): void
  /** The connections have changed: endpoints, credentials, settings. Sessions of what is gone are cut. */
  update(connections: readonly ConfiguredConnection[]): void
  /** Policies have changed: open sessions are decided again. */
  reconsider(): void
  readonly sessions: number
  /** Cuts every session, with the reason. */
  close(reason: string): void
}
