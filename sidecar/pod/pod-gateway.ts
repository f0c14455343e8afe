// The gateway of one pod: what the operator's snapshots say is taken into force, and the operator is told.
//
// Snapshots are taken one after the other, and of those that wait only the newest counts. One that cannot be taken whole is answered
// with what is wrong; whatever of it cannot be served takes no sessions, and nothing else keeps an older, wider rule.
import type { PodIdentity, Snapshot, SteeredEndpoint } from '#contracts/control/messages.ts'
import type { Place } from '#sidecar/dns/names.ts'
import { type Configuration, configure, type GatewayResources } from '#sidecar/gateway/configuration.ts'
import type { Servers } from '#sidecar/gateway/servers.ts'
import type { Agent } from '#sidecar/identity/agent.ts'
import { keysTrouble } from '#sidecar/identity/keys-trouble.ts'
import type { Logger } from '#sidecar/log.ts'
import { type NameService, resolveBy } from '#sidecar/net/resolve.ts'
import type { Limit } from '#sidecar/policy/limit.ts'
import type { Server } from '#sidecar/protocols/protocol.ts'
import { type ConfiguredConnection, connectionKey } from '#sidecar/services.ts'
import type { Steering } from '#sidecar/steering/steering.ts'
import { messageOf } from '#sidecar/system-reason.ts'
import { connectionsAt, isPattern, placeOf } from './places.ts'
import { type SnapshotResources, snapshotResources } from './snapshot-resources.ts'

export interface PodGatewayOptions {
  readonly servers: Pick<Servers, 'apply' | 'at' | 'add' | 'policyHash'>
  readonly steering: Promise<Pick<Steering, 'apply'>>
  readonly log: Logger
  /** Limits that may come to bear on the pod, before any session is under them. */
  readonly limits: (limits: readonly Limit[]) => void
  readonly answer: (
    answer: { readonly type: 'acknowledged' } | { readonly type: 'rejected'; readonly problem: string },
    version: string,
  ) => void
}

export class PodGateway {
  readonly #options: PodGatewayOptions
  #current: Snapshot | undefined
  #next: Snapshot | undefined
  #working: Promise<void> | undefined
  /** Why everything is denied, whatever the snapshot says. */
  #denied: string | undefined
  #started = false
  #connections: readonly ConfiguredConnection[] = []
  /** Hosts that were dialled by a name of a pattern, with its endpoint: as many as there are addresses for them. */
  readonly #named = new Map<string, { readonly endpoint: SteeredEndpoint; readonly host: string }>()

  constructor(options: PodGatewayOptions) {
    this.#options = options
  }

  /** A snapshot is or was in force: the agent may start. */
  get started(): boolean {
    return this.#started
  }

  get agent(): Agent {
    return this.#current ? agentOf(this.#current.agent) : NOBODY
  }

  /** Whom to ask where targets are; nobody before the first snapshot. */
  get nameService(): NameService {
    return this.#current ?? { nameServers: [], clusterDomain: '' }
  }

  take(snapshot: Snapshot): void {
    this.#next = snapshot
    this.#denied = undefined
    this.#begin()
  }

  /** Until the next snapshot every session is cut, and none is opened. */
  deny(reason: string): void {
    this.#denied = reason
    this.#next ??= this.#current
    this.#begin()
  }

  /** Work without anything to do would end before it is known as under way, and keep all later work from beginning. */
  #begin(): void {
    if (this.#next) this.#working ??= this.#work()
  }

  get #place(): Place {
    const { agent: { namespace } = NOBODY, clusterDomain = '' } = this.#current ?? {}
    return { namespace, clusterDomain }
  }

  async #work(): Promise<void> {
    while (this.#next) {
      const snapshot = this.#next
      this.#next = undefined
      await this.#apply(snapshot).catch((error) => {
        this.#options.log.error({ error }, 'a snapshot could not be taken into force')
        this.#answer(snapshot, [messageOf(error)])
      })
    }
    this.#working = undefined
  }

  async #apply(snapshot: Snapshot): Promise<void> {
    const { servers, steering, log, limits } = this.#options
    const denied = this.#denied
    const resources = snapshotResources(snapshot)
    const configuration = configurationOf(snapshot, resources, denied ?? snapshot.quarantine, log)
    this.#current = snapshot
    this.#connections = configuration.connections
    limits(limitsOf(configuration, agentOf(snapshot.agent)))
    const failures = servers.apply(configuration, this.#places(snapshot.endpoints))
    const unsteered = await (await steering).apply(snapshot, (endpoint, host) => this.#serverAt(endpoint, host))
    if (denied !== undefined) return
    const problems = [...resources.unread, ...[...failures.values()].map(({ message }) => message), ...unsteered]
    log.info(
      { version: snapshot.version, policies: servers.policyHash.slice(0, 12), problems },
      'a snapshot is in force',
    )
    this.#answer(snapshot, problems)
    this.#started = true
  }

  #places(endpoints: readonly SteeredEndpoint[]): ReadonlyMap<string, readonly ConfiguredConnection[]> {
    const places = new Map<string, readonly ConfiguredConnection[]>()
    const add = (endpoint: SteeredEndpoint, host: string) => {
      const here = connectionsAt(endpoint, host, this.#connections, this.#place)
      if (here.length > 0) places.set(placeOf(host, endpoint.port), here)
    }
    for (const endpoint of endpoints) if (!isPattern(endpoint)) add(endpoint, endpoint.host)
    for (const [place, { endpoint: before, host }] of this.#named) {
      const endpoint = endpoints.find((each) => each.host === before.host && each.port === before.port)
      if (endpoint && !places.has(place)) add(endpoint, host)
      else this.#named.delete(place)
    }
    return places
  }

  /** Dialled by address, an endpoint is served under its own name; by a name of a pattern, under that name. */
  #serverAt(endpoint: SteeredEndpoint, dialled: string): Server | undefined {
    const { servers, log } = this.#options
    if (!isPattern(endpoint)) return servers.at(placeOf(endpoint.host, endpoint.port))
    const place = placeOf(dialled, endpoint.port)
    if (!this.#named.has(place)) {
      const failure = servers.add(place, connectionsAt(endpoint, dialled, this.#connections, this.#place))
      if (failure) log.warn({ host: dialled }, failure.message)
      else this.#named.set(place, { endpoint, host: dialled })
    }
    return servers.at(place)
  }

  #answer({ version }: Snapshot, problems: readonly string[]): void {
    const { answer } = this.#options
    if (problems.length === 0) answer({ type: 'acknowledged' }, version)
    else answer({ type: 'rejected', problem: problems.join('; ').slice(0, LONGEST_PROBLEM) }, version)
  }
}

/** The stream takes no longer ones. */
const LONGEST_PROBLEM = 4_000

/** `denied`: no Connection takes sessions, for this reason. */
function configurationOf(
  snapshot: Snapshot,
  resources: SnapshotResources,
  denied: string | undefined,
  log: Logger,
): Configuration {
  const usable = denied === undefined ? resources : withoutConnections(resources, denied)
  return configure(usable, { resolve: (host) => resolveBy(snapshot, host), onTrouble: keysTrouble(log) })
}

function limitsOf({ connections, policies }: Configuration, agent: Agent): readonly Limit[] {
  return connections.flatMap(({ namespace, name, labels, spec: { protocol } }) =>
    policies.limitsOn(agent, { namespace, name, labels, protocol }),
  )
}

function withoutConnections(resources: GatewayResources, reason: string): GatewayResources {
  const keys = resources.connections.map(({ metadata }) =>
    connectionKey({ namespace: metadata.namespace ?? 'default', name: metadata.name }),
  )
  return { ...resources, connectionProblems: new Map(keys.map((key) => [key, reason])) }
}

const NOBODY: Agent = { namespace: '', serviceAccount: '', labels: {}, namespaceLabels: {} }

function agentOf({ namespace, serviceAccount, labels, namespaceLabels, pod }: PodIdentity): Agent {
  return { namespace, serviceAccount, labels, namespaceLabels, pod }
}
