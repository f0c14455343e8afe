// The verdicts that are in force, and what to judge again. In the order in which they depend on each other: who holds which host,
// then Connections, then policies. A verdict that comes out as it was goes no further.
import type { ConfigMap, IdentityProvider, Secret } from '#crds/types.gen.ts'
import type { Named } from '#sidecar/check/beside.ts'
import type { ProtocolFacts } from '#sidecar/check/protocol-facts.ts'
import { namedConnections, type Policy } from '#sidecar/check/selection.ts'
import { Conflicts } from './conflicts.ts'
import { connectionVerdict, judgeConnection, unreadable } from './judge-connection.ts'
import { type Circumstances, judgePolicy } from './judge-policy.ts'
import { judgeProvider } from './judge-provider.ts'
import type { Known } from './known.ts'
import type { Marks } from './marks.ts'
import { unpermitted } from './permitted.ts'
import type { Selections } from './selections.ts'
import { type ConnectionVerdict, sameVerdict, type Verdict } from './verdict.ts'
import type { World } from './world.ts'

interface JudgedPolicy {
  readonly policy: Policy
  /** The circumstances, as text. */
  readonly when: string
  readonly verdict: Verdict
}

export class Verdicts {
  readonly #protocols: ReadonlyMap<string, ProtocolFacts>
  readonly #world: World
  readonly #selections: Selections
  readonly #conflicts: Conflicts
  readonly #own = new Map<string, Verdict>()
  readonly #connections = new Map<string, ConnectionVerdict>()
  readonly #policies = new Map<string, Verdict>()
  readonly #judged = new Map<string, JudgedPolicy>()
  readonly work = { connections: 0, policies: 0 }

  constructor(protocols: ReadonlyMap<string, ProtocolFacts>, world: World, selections: Selections) {
    this.#protocols = protocols
    this.#world = world
    this.#selections = selections
    this.#conflicts = new Conflicts(world.clusterDomain)
  }

  get claims(): number {
    return this.#conflicts.settled
  }

  connection(key: string): ConnectionVerdict | undefined {
    return this.#connections.get(key)
  }

  policy(key: string): Verdict | undefined {
    return this.#policies.get(key)
  }

  settle(marks: Marks): void {
    for (const key of marks.claims) this.#claim(key)
    const lost = this.#conflicts.settle()
    for (const key of new Set([...marks.claims, ...lost, ...marks.checks])) this.#settleConnection(key, marks)
    for (const key of marks.circumstances) this.#settlePolicy(key, marks)
  }

  #claim(key: string): void {
    const { resource } = this.#world.connections.get(key) ?? {}
    const problem = resource === undefined ? undefined : unpermitted(resource, this.#world)
    this.#conflicts.set(key, resource, problem)
  }

  #settleConnection(key: string, marks: Marks): void {
    const before = this.#connections.get(key)
    const after = this.#connectionVerdict(key, marks)
    if (after === undefined) this.#connections.delete(key)
    else this.#connections.set(key, after)
    if (sameVerdict(before, after)) return
    marks.connections.add(key)
    for (const policy of this.#selections.policiesOf(key)) marks.renewed.add(policy)
  }

  #connectionVerdict(key: string, marks: Marks): ConnectionVerdict | undefined {
    const known = this.#world.connections.get(key)
    const { resource } = known ?? {}
    if (known === undefined || resource === undefined) this.#own.delete(key)
    if (known === undefined) return undefined
    if (resource === undefined) return unreadable(known)
    let own = this.#own.get(key)
    if (own === undefined || marks.checks.has(key)) {
      this.work.connections += 1
      const [secrets, configMaps] = [named<Secret>(this.#world.secrets), named<ConfigMap>(this.#world.configMaps)]
      own = judgeConnection(this.#protocols, resource, secrets, configMaps)
      this.#own.set(key, own)
    }
    const served = this.#protocols.has(resource.spec.protocol)
    return connectionVerdict(own, this.#conflicts.problemOf(key), served)
  }

  #settlePolicy(key: string, marks: Marks): void {
    const before = this.#policies.get(key)
    const after = this.#policyVerdict(key)
    if (after === undefined) this.#policies.delete(key)
    else this.#policies.set(key, after)
    if (sameVerdict(before, after)) return
    marks.policies.add(key)
    marks.renewed.add(key)
  }

  #policyVerdict(key: string): Verdict | undefined {
    const known = this.#world.policies.get(key)
    const { resource } = known ?? {}
    if (known === undefined || resource === undefined) this.#judged.delete(key)
    if (known === undefined) return undefined
    if (resource === undefined) return unreadable(known)
    const circumstances = this.#circumstances(key, resource)
    const when = JSON.stringify(circumstances)
    const last = this.#judged.get(key)
    if (last?.policy === resource && last.when === when) return last.verdict
    this.work.policies += 1
    const verdict = judgePolicy(this.#protocols, resource, circumstances)
    this.#judged.set(key, { policy: resource, when, verdict })
    return verdict
  }

  #circumstances(key: string, policy: Policy): Circumstances {
    const { namespaces, connections, providers } = this.#world
    const { namespace } = policy.metadata
    const name = policy.spec.agents.identity?.provider
    const provider = name === undefined ? undefined : providers.get(name)
    return {
      owner: policy.kind === 'ClusterAccessPolicy' || namespaces.get(namespace ?? '')?.owner === true,
      // Of protocols that this version does not serve nobody knows the words; their Connections say so themselves.
      spoken: this.#selections.spokenBy(key).filter((protocol) => this.#protocols.has(protocol)),
      absent: namedConnections(policy)
        .map(([, name]) => name)
        .filter((name) => !connections.has(name)),
      selectsAny: this.#selections.connectionsOf(key).size > 0,
      provided: name === undefined ? 'yes' : provided(provider),
    }
  }
}

/** One that cannot be read says so itself; to a policy it is as good as absent. */
function provided(provider: Known<IdentityProvider> | undefined): Circumstances['provided'] {
  if (provider?.resource === undefined) return 'absent'
  return judgeProvider(provider).holds ? 'yes' : 'refused'
}

/** In a cluster nobody wants to hear what else there is: each answer would change with all that comes and goes. */
function named<T extends Secret | ConfigMap>(known: ReadonlyMap<string, Known<T>>): Named<T> {
  return { get: (key) => known.get(key)?.resource, names: () => undefined }
}
