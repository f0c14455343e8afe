// What one resource of ours shows by itself and its schema cannot say: a condition that does not type-check, a mask that its protocol cannot
// honour. Refused when it is applied; what depends on other objects becomes status instead, so that any order of applying works.
import type { Fault } from './admission/pod-rules.ts'
import type { WatchedKind } from './judgement/change.ts'
import { metadataOf, record } from './judgement/cluster-facts.ts'
import { Judgement, type JudgementOptions } from './judgement/judgement.ts'

const KINDS: readonly WatchedKind[] = [
  'Connection',
  'AccessPolicy',
  'ClusterAccessPolicy',
  'EndpointGrant',
  'IdentityProvider',
]
/** Verdicts that other objects can turn. */
const OF_THE_CLUSTER: ReadonlySet<string> = new Set(['HostNotPermitted', 'EndpointConflict', 'NotAnOwner'])

/** Judges one resource at a time, in a world of its own. */
export class ResourceFaults {
  readonly #alone: Judgement

  constructor(options: JudgementOptions) {
    this.#alone = new Judgement(options)
  }

  of(object: unknown): readonly Fault[] {
    const document = record(object)
    const kind = KINDS.find((each) => each === document['kind'])
    if (kind === undefined) return []
    const { namespace, name } = metadataOf(document)
    const key = namespace === '' ? name : `${namespace}/${name}`
    this.#alone.apply([{ kind, key, object: document }])
    try {
      const verdict = kind === 'Connection' ? this.#alone.connectionVerdict(key) : this.#alone.policyVerdict(key)
      if (!verdict || verdict.accepted.holds || OF_THE_CLUSTER.has(verdict.accepted.reason)) return []
      return [{ rule: verdict.accepted.reason, message: verdict.accepted.message }]
    } finally {
      this.#alone.apply([{ kind, key, object: undefined }])
    }
  }
}
