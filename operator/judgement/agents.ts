// Pods by what policies see of them. Replicas are one agent; agents that the same policies select are one group, and whatever is
// made for a group is made once.
//
// A Group is immutable: when anything that its gateways get may have changed, another object takes its place, so that what is
// kept by a Group's identity never has to be thrown away by anybody.
import { canonical } from '#sidecar/policy/hash.ts'
import type { PodFacts } from './cluster-facts.ts'
import { IndexOf } from './index-of.ts'

export interface Group {
  /** Keys of the policies that select these agents, sorted. */
  readonly policies: readonly string[]
}

interface AgentEntry {
  readonly key: string
  readonly pods: Set<string>
  group: string | undefined
}

interface GroupEntry {
  group: Group
  readonly agents: Set<string>
}

export class Agents {
  readonly #agents = new Map<string, AgentEntry>()
  readonly #agentOfPod = new Map<string, string>()
  readonly #groups = new Map<string, GroupEntry>()
  readonly #groupsWith = new IndexOf()

  agentOf(pod: string): string | undefined {
    return this.#agentOfPod.get(pod)
  }

  podsOf(agent: string): ReadonlySet<string> {
    return this.#agents.get(agent)?.pods ?? NONE
  }

  groupOf(pod: string): Group | undefined {
    const agent = this.#agents.get(this.#agentOfPod.get(pod) ?? '')
    return agent?.group === undefined ? undefined : this.#groups.get(agent.group)?.group
  }

  /** The answer says which agent came to be and which one ended by it. */
  setPod(pod: string, facts: PodFacts | undefined): { readonly came?: string; readonly went?: string } {
    const before = this.#agentOfPod.get(pod)
    const after = facts === undefined ? undefined : agentKey(facts)
    if (before === after) return {}
    const went = before === undefined ? undefined : this.#leave(before, pod)
    const came = after === undefined ? undefined : this.#join(after, pod)
    return { ...(came === undefined ? {} : { came }), ...(went === undefined ? {} : { went }) }
  }

  /** Puts the agent where the policies belong that select it now. */
  regroup(agent: string, selecting: Iterable<string>): void {
    const entry = this.#agents.get(agent)
    if (entry === undefined) return
    const policies = [...selecting].sort()
    const key = policies.join(' ')
    if (entry.group === key) return
    this.#quit(entry)
    entry.group = key
    const group = this.#groups.get(key) ?? { group: { policies }, agents: new Set() }
    if (group.agents.size === 0) {
      this.#groups.set(key, group)
      this.#groupsWith.set(key, policies)
    }
    group.agents.add(agent)
  }

  /** Other objects take the place of the groups that one of the policies selects; the answer is their pods. */
  renew(policies: Iterable<string>): ReadonlySet<string> {
    const keys = new Set<string>()
    for (const policy of policies) for (const key of this.#groupsWith.of(policy)) keys.add(key)
    return this.#renewed(keys)
  }

  renewAll(): ReadonlySet<string> {
    return this.#renewed(this.#groups.keys())
  }

  #renewed(keys: Iterable<string>): ReadonlySet<string> {
    const pods = new Set<string>()
    for (const key of keys) {
      const entry = this.#groups.get(key)
      if (entry === undefined) continue
      entry.group = { policies: entry.group.policies }
      for (const agent of entry.agents) for (const pod of this.podsOf(agent)) pods.add(pod)
    }
    return pods
  }

  #join(key: string, pod: string): string | undefined {
    this.#agentOfPod.set(pod, key)
    const known = this.#agents.get(key)
    if (known !== undefined) {
      known.pods.add(pod)
      return undefined
    }
    this.#agents.set(key, { key, pods: new Set([pod]), group: undefined })
    return key
  }

  #leave(key: string, pod: string): string | undefined {
    this.#agentOfPod.delete(pod)
    const entry = this.#agents.get(key)
    entry?.pods.delete(pod)
    if (entry === undefined || entry.pods.size > 0) return undefined
    this.#quit(entry)
    this.#agents.delete(key)
    return key
  }

  #quit({ key, group }: AgentEntry): void {
    if (group === undefined) return
    const entry = this.#groups.get(group)
    entry?.agents.delete(key)
    if (entry === undefined || entry.agents.size > 0) return
    this.#groups.delete(group)
    this.#groupsWith.delete(group)
  }
}

const NONE: ReadonlySet<string> = new Set()

/** Namespace and ServiceAccount are the identity; labels narrow. The namespace's labels are the namespace's business. */
function agentKey({ identity: { namespace, serviceAccount, labels } }: PodFacts): string {
  return canonical([namespace, serviceAccount, labels])
}
