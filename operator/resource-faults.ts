// What is refused when one of our resources is applied: what it shows by itself and its schema cannot say. What depends on other
// objects becomes status instead, so that any order of applying works.
import type { Validator } from '#crds/validate.ts'
import type { ProtocolFacts } from '#sidecar/check/protocol-facts.ts'
import type { Fault } from './admission/pod-rules.ts'
import { shownAlone } from './judgement/alone.ts'
import { record } from './judgement/cluster-facts.ts'
import { know } from './judgement/known.ts'

const KINDS = ['Connection', 'AccessPolicy', 'ClusterAccessPolicy', 'EndpointGrant', 'IdentityProvider'] as const

export class ResourceFaults {
  readonly #validator: Validator
  readonly #protocols: ReadonlyMap<string, ProtocolFacts>

  constructor({
    validator,
    protocols,
  }: { readonly validator: Validator; readonly protocols: readonly ProtocolFacts[] }) {
    this.#validator = validator
    this.#protocols = new Map(protocols.map((protocol) => [protocol.name, protocol]))
  }

  of(object: unknown): readonly Fault[] {
    const document = record(object)
    const kind = KINDS.find((each) => each === document['kind'])
    if (kind === undefined) return []
    const { resource, problem = '' } = know(kind, document, this.#validator)
    if (resource === undefined) return [{ rule: 'Unreadable', message: problem }]
    return shownAlone(resource, this.#protocols).map(({ reason, message }) => ({ rule: reason, message }))
  }
}
