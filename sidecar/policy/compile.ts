// All policies at one moment. Immutable: a change of any resource makes a new set, and every pair in it is made anew.
import type { AccessPolicy, ClusterAccessPolicy } from '#crds/types.gen.ts'
import type { Agent } from '#sidecar/identity/agent.ts'
import type { Vocabulary } from '#sidecar/protocols/protocol.ts'
import type { ConnectionRef } from './connection.ts'
import { canonical, contentHash } from './hash.ts'
import type { Limit } from './limit.ts'
import { Pair } from './pair.ts'
import { type CompiledPolicy, compilePolicy, type PolicySpec } from './policy.ts'
import { DEFAULT_RECORDING } from './recording.ts'
import { selectsAnyConnection, selectsOwnConnection, selectsUser, selectsWorkload } from './select.ts'

export interface PolicyInput {
  /** These have passed their schema, defaults set. */
  readonly accessPolicies: readonly AccessPolicy[]
  readonly clusterAccessPolicies: readonly ClusterAccessPolicy[]
  /**
   * Why policies cannot be used, by `namespace/name` (or bare name of a cluster policy). One that is also listed above
   * denies the pairs it selects. One that could not be read at all may have selected anything in its namespace, or for
   * a cluster policy anywhere, and denies that.
   */
  readonly invalid: ReadonlyMap<string, string>
}

/** By name of protocol, all that this process knows. */
export type Vocabularies = ReadonlyMap<string, Vocabulary>

export function compilePolicies(input: PolicyInput, vocabularies: Vocabularies): PolicySet {
  const sources = [
    ...input.accessPolicies.map((policy) => ownedSource(policy, input.invalid)),
    ...input.clusterAccessPolicies.map((policy) => clusterSource(policy, input.invalid)),
  ]
  const read = new Set(sources.map(({ key }) => key))
  for (const [key, reason] of input.invalid) if (!read.has(key)) sources.push(unreadSource(key, reason))
  sources.sort((a, b) => (a.key < b.key ? -1 : 1))
  return new PolicySet(sources, vocabularies)
}

export class PolicySet {
  /** Of all policies together. */
  readonly hash: string
  readonly #sources: readonly Source[]
  readonly #vocabularies: Vocabularies
  readonly #compiled = new Map<string, CompiledPolicy>()
  readonly #pairs = new Map<string, Pair>()

  constructor(sources: readonly Source[], vocabularies: Vocabularies) {
    this.#sources = sources
    this.#vocabularies = vocabularies
    this.hash = contentHash(sources.map(({ key, hash, problem = '' }) => [key, hash, problem]))
  }

  /** The content hash of each policy, by key. */
  hashes(): ReadonlyMap<string, string> {
    return new Map(this.#sources.map(({ key, hash }) => [key, hash]))
  }

  pair(agent: Agent, connection: ConnectionRef): Pair {
    const identity = canonical([agent, connection])
    const known = this.#pairs.get(identity)
    if (known !== undefined) return known
    const selecting = this.#sources.filter((source) => source.selects(agent, connection, true))
    const policies = selecting.map((source) => this.#compile(source, connection.protocol))
    const pair = new Pair(policies, { agent, connection })
    // Tokens come from agents, so identities have no natural bound; the oldest is the likeliest to be gone.
    if (this.#pairs.size >= MOST_PAIRS)
      for (const oldest of this.#pairs.keys()) {
        this.#pairs.delete(oldest)
        break
      }
    this.#pairs.set(identity, pair)
    return pair
  }

  /** Limits that may come to bear on the agent, whatever token it presents. */
  limitsOn(agent: Agent, connection: ConnectionRef): readonly Limit[] {
    const selecting = this.#sources.filter((source) => source.selects(agent, connection, false))
    return selecting.flatMap((source) => this.#compile(source, connection.protocol).limits)
  }

  /** The IdentityProviders that policies ask a token of, among those that would select the agent if it had one. */
  wantsToken(agent: Agent, connection: ConnectionRef): readonly string[] {
    const providers = new Set<string>()
    for (const { provider, selects } of this.#sources) {
      if (provider !== undefined && selects(agent, connection, false)) providers.add(provider)
    }
    return [...providers]
  }

  #compile(source: Source, protocol: string): CompiledPolicy {
    const id = `${protocol} ${source.key}`
    const known = this.#compiled.get(id)
    if (known !== undefined) return known
    const compiled = compileSource(source, protocol, this.#vocabularies)
    this.#compiled.set(id, compiled)
    return compiled
  }
}

const MOST_PAIRS = 1_000

interface Source {
  readonly key: string
  readonly grants: boolean
  readonly hash: string
  readonly problem?: string
  readonly spec?: PolicySpec
  /** The IdentityProvider it asks a token of. */
  readonly provider?: string
  readonly selects: (agent: Agent, connection: ConnectionRef, withUser: boolean) => boolean
}

function ownedSource({ metadata, spec }: AccessPolicy, invalid: ReadonlyMap<string, string>): Source {
  const own = metadata.namespace ?? 'default'
  const { agents, connections, connectionSelector } = spec
  return source(`${own}/${metadata.name}`, true, spec, invalid, (agent, connection, withUser) => {
    return (
      selectsOwnConnection(own, connections, connectionSelector, connection) &&
      selectsWorkload(agents, agent, own) &&
      (!withUser || selectsUser(agents, agent))
    )
  })
}

function clusterSource({ metadata, spec }: ClusterAccessPolicy, invalid: ReadonlyMap<string, string>): Source {
  return source(metadata.name, spec.grants, spec, invalid, (agent, connection, withUser) => {
    return (
      selectsAnyConnection(spec.connections, connection) &&
      selectsWorkload(spec.agents, agent, undefined) &&
      (!withUser || selectsUser(spec.agents, agent))
    )
  })
}

function source(
  key: string,
  grants: boolean,
  spec: PolicySpec,
  invalid: ReadonlyMap<string, string>,
  selects: Source['selects'],
): Source {
  const problem = invalid.get(key)
  const provider = spec.agents.identity?.provider
  return {
    key,
    grants,
    hash: contentHash(spec),
    spec,
    selects,
    ...(problem === undefined ? {} : { problem }),
    ...(provider === undefined ? {} : { provider }),
  }
}

function unreadSource(key: string, problem: string): Source {
  const [namespace, name] = key.split('/')
  const selects: Source['selects'] = (_, connection) => name === undefined || connection.namespace === namespace
  return { key, grants: false, hash: contentHash(problem), problem, selects }
}

function compileSource(
  { key, grants, hash, problem, spec }: Source,
  protocol: string,
  known: Vocabularies,
): CompiledPolicy {
  const vocabulary = known.get(protocol)
  if (problem === undefined && spec !== undefined && vocabulary !== undefined) {
    return compilePolicy({ key, grants, hash }, spec, vocabulary, [...known.values()])
  }
  const why = problem ?? `protocol ${protocol} is not known here`
  return { ...NOTHING_SAID, key, grants, hash, suspended: spec?.suspend ?? false, problem: why }
}

const NOTHING_SAID = { audit: false, rules: [], masks: [], limits: [], recording: DEFAULT_RECORDING }
