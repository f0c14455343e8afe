// From the cluster's objects to verdicts, kept up to date change by change.
//
// A change is taken in (intake.ts says who has to hear of it), then what may be another verdict by it is judged again (verdicts.ts).
// In the end stand the objects whose status may be another one, and the pods that may need another snapshot.
//
// Nothing here depends on the order in which changes come: the same objects give the same verdicts.
import type { Validator } from '#crds/validate.ts'
import type { ProtocolFacts } from '#sidecar/check/protocol-facts.ts'
import type { Group } from './agents.ts'
import type { Change } from './change.ts'
import { Intake } from './intake.ts'
import { Marks } from './marks.ts'
import { Selections } from './selections.ts'
import type { ConnectionVerdict, Verdict } from './verdict.ts'
import { Verdicts } from './verdicts.ts'
import { World } from './world.ts'

export interface JudgementOptions {
  readonly clusterDomain: string
  readonly protocols: readonly ProtocolFacts[]
  /** Compiles each schema once; whoever has one already shares it. */
  readonly validator: Validator
}

/** What may be another one than before, new and gone ones included. */
export interface Outcome {
  readonly connections: ReadonlySet<string>
  readonly policies: ReadonlySet<string>
  readonly grants: ReadonlySet<string>
  readonly providers: ReadonlySet<string>
  /** Pods whose snapshot may be another one. */
  readonly pods: ReadonlySet<string>
}

/** How often something was judged or compared so far. */
export interface Work {
  readonly claims: number
  readonly connections: number
  readonly policies: number
  readonly compared: number
}

export class Judgement {
  readonly #world: World
  readonly #selections: Selections
  readonly #verdicts: Verdicts
  readonly #intake: Intake
  readonly protocols: ReadonlyMap<string, ProtocolFacts>

  constructor({ clusterDomain, protocols, validator }: JudgementOptions) {
    this.protocols = new Map(protocols.map((protocol) => [protocol.name, protocol]))
    this.#world = new World(clusterDomain)
    this.#selections = new Selections(this.#world)
    this.#verdicts = new Verdicts(this.protocols, this.#world, this.#selections)
    this.#intake = new Intake(this.#world, this.#selections, validator)
  }

  /** Takes changes in together; many at once cost less than one by one. */
  apply(changes: Iterable<Change>): Outcome {
    const marks = new Marks()
    for (const change of changes) this.#intake.take(change, marks)
    this.#verdicts.settle(marks)
    this.#selections.renew(marks)
    return marks
  }

  get work(): Work {
    return { ...this.#verdicts.work, claims: this.#verdicts.claims, compared: this.#selections.compared }
  }

  /** To be read only. */
  get world(): World {
    return this.#world
  }

  connectionVerdict(key: string): ConnectionVerdict | undefined {
    return this.#verdicts.connection(key)
  }

  policyVerdict(key: string): Verdict | undefined {
    return this.#verdicts.policy(key)
  }

  /** The `metadata.generation` that the verdict is about. */
  generationOf(kind: 'Connection' | 'AccessPolicy' | 'ClusterAccessPolicy', key: string): number | undefined {
    const { connections, policies } = this.#world
    return (kind === 'Connection' ? connections : policies).get(key)?.metadata.generation
  }

  /** Connections that a policy selects. */
  selectedBy(policy: string): ReadonlySet<string> {
    return this.#selections.connectionsOf(policy)
  }

  /** How many running pods with a gateway a policy selects. */
  matchedAgents(policy: string): number {
    return this.#selections.matchedAgents(policy)
  }

  /** Whether some running pod with a gateway is selected by a policy that selects the Connection. */
  concernsAgents(connection: string): boolean {
    return this.#selections.concernsAgents(connection)
  }

  /** Undefined: there is no such pod with a gateway. */
  groupOf(pod: string): Group | undefined {
    return this.#selections.groupOf(pod)
  }
}
