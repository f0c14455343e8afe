// The protocols' servers, one for each place that agents dial, and the configuration in force. Who listens, and how a socket finds
// its place, is the caller's business: a port of a laptop, or an address that a pod's egress is steered to.
import type { Server } from '#sidecar/protocols/protocol.ts'
import { protocolNamed } from '#sidecar/protocols/registry.ts'
import { type ConfiguredConnection, connectionKey, type Services } from '#sidecar/services.ts'
import { type Configuration, configure, EMPTY } from './configuration.ts'

interface Serving {
  readonly server: Server
  readonly protocol: string
}

export class Servers {
  readonly #services: Services
  #configuration: Configuration = configure(EMPTY)
  readonly #serving = new Map<string, Serving>()

  /** `services` answer `policies()` and `tokens()` from `configuration`, which this keeps. */
  constructor(services: (configuration: () => Configuration) => Services) {
    this.#services = services(() => this.#configuration)
  }

  get sessions(): number {
    return [...this.#serving.values()].reduce((sum, { server }) => sum + server.sessions, 0)
  }

  /** Of all policies in force. */
  get policyHash(): string {
    return this.#configuration.policies.hash
  }

  /**
   * Takes a configuration into force. `places`: what is served where; each has at least one Connection. Servers of places that are gone
   * cut their sessions, the others decide theirs again. The answer says which places cannot be served, and why.
   */
  apply(
    configuration: Configuration,
    places: ReadonlyMap<string, readonly ConfiguredConnection[]>,
  ): ReadonlyMap<string, Error> {
    configuration.tokens.takeKeys(this.#configuration.tokens)
    this.#configuration = configuration
    for (const [place, { server, protocol }] of this.#serving) {
      const connections = places.get(place) ?? []
      const same = connections.length > 0 && connections.every(({ spec }) => spec.protocol === protocol)
      if (same) server.update(connections)
      else this.#end(place, server, 'its Connection was changed or removed')
    }
    for (const { server } of this.#serving.values()) server.reconsider()
    const failures = new Map<string, Error>()
    for (const [place, connections] of places) {
      const failure = this.add(place, connections)
      if (failure) failures.set(place, failure)
    }
    return failures
  }

  /** One place more under the configuration in force. */
  add(place: string, connections: readonly ConfiguredConnection[]): Error | undefined {
    if (this.#serving.has(place)) return undefined
    const serving = this.#serve(place, connections)
    if (serving instanceof Error) return serving
    this.#serving.set(place, serving)
    return undefined
  }

  at(place: string): Server | undefined {
    return this.#serving.get(place)?.server
  }

  protocolAt(place: string): string | undefined {
    return this.#serving.get(place)?.protocol
  }

  close(reason: string): void {
    for (const [place, { server }] of this.#serving) this.#end(place, server, reason)
  }

  #end(place: string, server: Server, reason: string): void {
    this.#serving.delete(place)
    server.close(reason)
  }

  #serve(place: string, connections: readonly ConfiguredConnection[]): Serving | Error {
    const [first] = connections
    if (!first) return new Error(`no Connection is to be served at ${place}`)
    const protocol = protocolNamed(first.spec.protocol)
    if (!protocol)
      return new Error(
        `Connection ${connectionKey(first)} speaks ${first.spec.protocol}, which this gateway does not serve yet`,
      )
    const other = connections.find(({ spec }) => spec.protocol !== protocol.name)
    if (other)
      return new Error(
        `Connections ${connectionKey(first)} and ${connectionKey(other)} share ${place} but not their protocol`,
      )
    return { server: protocol.serve(connections, this.#services), protocol: protocol.name }
  }
}
