// Which Connections and which agents each policy selects, as objects come and go.
import type { PodIdentity } from '#contracts/control/messages.ts'
import { type Policy, selects } from '#sidecar/check/selection.ts'
import { selectsWorkload } from '#sidecar/policy/select.ts'
import { Agents, type Group } from './agents.ts'
import type { PodFacts } from './cluster-facts.ts'
import { IndexOf } from './index-of.ts'
import type { Known } from './known.ts'
import type { Marks } from './marks.ts'
import { changed, Relation } from './relation.ts'
import { Tally } from './tally.ts'
import type { World } from './world.ts'

/** Its protocol is not known, because it cannot be read. */
const UNREAD = ''

export class Selections {
  readonly #world: World
  readonly #selecting = new Relation<Policy, Known>((policy, { metadata }) => selects(policy, { metadata }))
  readonly #matching = new Relation<Policy, PodIdentity>((policy, agent) =>
    selectsWorkload(policy.spec.agents, agent, policy.metadata.namespace),
  )
  readonly #agents = new Agents()
  readonly #agentsIn = new IndexOf()
  readonly #identities = new Map<string, PodIdentity>()
  readonly #tally = new Tally()
  readonly #protocols = new Map<string, string>()

  constructor(world: World) {
    this.#world = world
  }

  get compared(): number {
    return this.#selecting.compared + this.#matching.compared
  }

  connectionsOf(policy: string): ReadonlySet<string> {
    return this.#selecting.rightsOf(policy)
  }

  policiesOf(connection: string): ReadonlySet<string> {
    return this.#selecting.leftsOf(connection)
  }

  /** Protocols of the Connections that a policy selects and that can be read. */
  spokenBy(policy: string): readonly string[] {
    return this.#tally.of(policy).filter((protocol) => protocol !== UNREAD)
  }

  matchedAgents(policy: string): number {
    let pods = 0
    for (const agent of this.#matching.rightsOf(policy)) pods += this.#agents.podsOf(agent).size
    return pods
  }

  concernsAgents(connection: string): boolean {
    return [...this.policiesOf(connection)].some((policy) => this.#matching.rightsOf(policy).size > 0)
  }

  groupOf(pod: string): Group | undefined {
    return this.#agents.groupOf(pod)
  }

  /** Undefined: it is gone, or cannot be read. */
  setPolicy(key: string, policy: Policy | undefined, marks: Marks): void {
    const { after } = this.#selecting.setLeft(key, policy)
    this.#tally.clear(key)
    for (const connection of after) this.#tally.add(key, this.#protocols.get(connection) ?? UNREAD, 1)
    const matching = this.#matching.setLeft(key, policy)
    for (const agent of changed(matching)) this.#regroup(agent, marks)
    marks.policies.add(key)
    marks.circumstances.add(key)
    marks.renewed.add(key)
  }

  setConnection(key: string, known: Known | undefined, protocol: string | undefined, marks: Marks): void {
    const selecting = this.#selecting.setRight(key, known)
    const { before, after } = selecting
    const [old, now] = [this.#protocols.get(key) ?? UNREAD, protocol ?? UNREAD]
    for (const policy of before) this.#tally.add(policy, old, -1)
    for (const policy of after) this.#tally.add(policy, now, 1)
    if (known === undefined) this.#protocols.delete(key)
    else this.#protocols.set(key, now)
    for (const policy of changed(selecting)) marks.policies.add(policy)
    for (const policy of [...before, ...after]) {
      marks.circumstances.add(policy)
      marks.renewed.add(policy)
    }
  }

  setPod(pod: string, facts: PodFacts | undefined, marks: Marks): void {
    marks.pods.add(pod)
    const old = this.#agents.agentOf(pod)
    if (old !== undefined) this.#counted(old, marks)
    const { came, went } = this.#agents.setPod(pod, facts)
    if (went !== undefined) {
      this.#matching.setRight(went, undefined)
      this.#agentsIn.delete(went)
      this.#identities.delete(went)
    }
    if (came !== undefined && facts !== undefined) {
      const { namespace } = facts.identity
      this.#agentsIn.set(came, [namespace])
      this.#identities.set(came, facts.identity)
      this.#match(came, marks)
    }
    const now = this.#agents.agentOf(pod)
    if (now !== undefined) this.#counted(now, marks)
  }

  /** The labels of a namespace are others. */
  setNamespace(namespace: string, marks: Marks): void {
    for (const agent of this.#agentsIn.of(namespace)) this.#match(agent, marks)
  }

  /** Groups that the policies select get new places; their pods are marked. */
  renew(marks: Marks): void {
    const pods = marks.renewAll ? this.#agents.renewAll() : this.#agents.renew(marks.renewed)
    for (const pod of pods) marks.pods.add(pod)
  }

  #match(agent: string, marks: Marks): void {
    const identity = this.#identities.get(agent)
    if (identity === undefined) return
    const namespaceLabels = this.#world.namespaces.get(identity.namespace)?.labels ?? {}
    const matching = this.#matching.setRight(agent, { ...identity, namespaceLabels })
    for (const policy of changed(matching)) marks.policies.add(policy)
    this.#regroup(agent, marks)
  }

  #regroup(agent: string, marks: Marks): void {
    this.#agents.regroup(agent, this.#matching.leftsOf(agent))
    for (const pod of this.#agents.podsOf(agent)) marks.pods.add(pod)
  }

  #counted(agent: string, marks: Marks): void {
    for (const policy of this.#matching.leftsOf(agent)) marks.policies.add(policy)
  }
}
