// Leads what the packet filter brings in to the servers of the endpoints in force:
//
//   a look-up            → the resolver answers with the host's own address in 127.77.0.0/16
//   a dial of it         → a listener on that address; the port that was dialled says which endpoint of the host
//   a dial of an address → the catch-all; the address and port that were dialled say which endpoint
//
// What leads to no endpoint is reset, counted and told; where a stand-in answers for such a place, it is answered, counted and told. Both the listener's address and the row of the dialler's socket
// must agree on where a connection wanted to go; where there is no row, it goes nowhere.
import { createServer, type Server as Listener, type Socket } from 'node:net'
import type { Refused, Snapshot, SteeredEndpoint } from '#contracts/control/messages.ts'
import { PORTS } from '#contracts/pod/names.ts'
import { covers, type Place } from '#sidecar/dns/names.ts'
import { Resolver } from '#sidecar/dns/resolver.ts'
import type { Logger } from '#sidecar/log.ts'
import type { Server } from '#sidecar/protocols/protocol.ts'
import { errorCode, systemReason } from '#sidecar/system-reason.ts'
import { EndpointAddresses, isEndpointAddress, MOST_WITH_PATTERNS } from './addresses.ts'
import { type Dialled, DialledDestinations, type Found } from './dialled.ts'
import { EndpointTable } from './endpoints.ts'
import { plainAddress } from './proc-net-tcp.ts'
import { Refusals } from './refusals.ts'

export interface SteeringOptions {
  readonly log: Logger
  /** To the operator. */
  readonly tell: (refused: Refused) => void
  /** Of a connection that was reset, at once; bounded in number by how fast the agent dials. */
  readonly refused?: (dialled: Dialled) => void
  readonly standIn?: StandInPlace
  /** Default: those that the packet filter leads to. */
  readonly ports?: { readonly steered: number; readonly catchAll: number; readonly dns: number }
  readonly dialled?: Pick<DialledDestinations, 'of'>
}

/** A place outside of every policy that refuses in words of its own. An endpoint of the same place goes before it. */
export interface StandInPlace {
  /** Canonical. */
  readonly host: string
  readonly address: string
  readonly port: number
  readonly server: Pick<Server, 'accept'>
}

/** `host`: the name that was dialled, where the endpoint's is a pattern. */
export type ServerAt = (endpoint: SteeredEndpoint, host: string) => Server | undefined

/** Connections whose destination is being looked up; more are reset at once. */
const MOST_WAITING = 1_000
const BACKLOG = 4_096
const LOOPBACK = ['127.0.0.1', '::1'] as const

export class Steering {
  readonly #options: SteeringOptions
  readonly #ports: NonNullable<SteeringOptions['ports']>
  readonly #addresses = new EndpointAddresses()
  readonly #dialled: Pick<DialledDestinations, 'of'>
  readonly #refusals: Refusals
  readonly #resolver: Resolver
  readonly #catchAll: Listener[] = []
  /** By the address that they listen on. */
  readonly #steered = new Map<string, Listener>()
  #place: Place = { namespace: '', clusterDomain: '' }
  #endpoints = new EndpointTable([], '')
  #serverAt: ServerAt = () => undefined
  #waiting = 0

  private constructor(options: SteeringOptions) {
    this.#options = options
    this.#ports = options.ports ?? PORTS
    this.#dialled = options.dialled ?? new DialledDestinations()
    this.#refusals = new Refusals({ tell: options.tell })
    this.#resolver = new Resolver({
      log: options.log,
      refused: (name) => this.#refusals.name(name),
      zone: () => ({
        ...this.#place,
        hosts: this.#names,
        addressOf: (host) => this.#addressOf(host),
        hostAt: (address) => this.#addresses.hostAt(address),
      }),
    })
  }

  /** Listens for look-ups and for what goes to addresses; until `apply` there are no endpoints. */
  static async open(options: SteeringOptions): Promise<Steering> {
    const steering = new Steering(options)
    try {
      await steering.#open()
      return steering
    } catch (error) {
      await steering.close()
      throw error
    }
  }

  /**
   * Takes the endpoints into force. `serverAt` is asked at each connection. Resolves to what could not be done: a program of the pod
   * may sit on an endpoint's address, to its own harm.
   */
  async apply(
    { agent, endpoints, clusterDomain }: Pick<Snapshot, 'agent' | 'endpoints' | 'clusterDomain'>,
    serverAt: ServerAt,
  ): Promise<readonly string[]> {
    this.#place = { namespace: agent.namespace, clusterDomain }
    this.#refusals.useNames(this.#place)
    this.#serverAt = serverAt
    this.#endpoints = new EndpointTable(endpoints, clusterDomain)
    const hosts = this.#names.filter((name) => !name.startsWith('*.'))
    const problems: string[] = []
    for (const host of hosts) {
      const address = this.#addresses.assign(host)
      if (address === undefined) problems.push(`${host} gets no address: this pod has had too many hosts`)
      else await this.#steer(address).catch((error) => problems.push(`${host}: ${error.message}`))
    }
    await this.#leave()
    return problems
  }

  async close(): Promise<void> {
    this.#refusals.close()
    this.#resolver.close()
    for (const listener of [...this.#catchAll.splice(0), ...this.#steered.values()]) listener.close()
    this.#steered.clear()
    await new Promise((resolve) => setImmediate(resolve))
  }

  /** Canonical, patterns too; those of endpoints first, because the first one that covers a name is its host. */
  get #names(): readonly string[] {
    const { standIn } = this.#options
    const { names } = this.#endpoints
    return standIn === undefined || names.includes(standIn.host) ? names : [...names, standIn.host]
  }

  async #open(): Promise<void> {
    for (const host of LOOPBACK) {
      try {
        const listener = await this.#listen(host, this.#ports.catchAll, (socket) => this.#caught(socket))
        this.#catchAll.push(listener)
        await this.#resolver.listen({ host, port: this.#ports.dns })
      } catch (error) {
        // A pod without IPv6 has no use for its half.
        if (host === '::1' && lacksIPv6(error)) continue
        throw error
      }
    }
  }

  /** Names of a pattern get their address, and its listener, when they are first asked for. */
  #addressOf(host: string): string | undefined {
    const address = this.#addresses.assign(host, MOST_WITH_PATTERNS)
    if (address !== undefined && !this.#steered.has(address))
      this.#steer(address).catch((error) => this.#options.log.error({ error, host }, 'a host is not steered'))
    return address
  }

  async #steer(address: string): Promise<void> {
    if (this.#steered.has(address)) return
    const listener = await this.#listen(address, this.#ports.steered, (socket) => this.#arrived(socket, address))
    // Two look-ups may have been under way.
    if (this.#steered.has(address)) listener.close()
    else this.#steered.set(address, listener)
  }

  /** Listeners of hosts that are no endpoint any more. */
  async #leave(): Promise<void> {
    for (const [address, listener] of this.#steered) {
      const host = this.#addresses.hostAt(address)
      if (host !== undefined && this.#names.some((name) => covers(name, host))) continue
      this.#steered.delete(address)
      listener.close()
    }
    // A socket that listens is closed by the next turn of the loop.
    await new Promise((resolve) => setImmediate(resolve))
  }

  #listen(host: string, port: number, take: (socket: Socket) => void): Promise<Listener> {
    return new Promise((resolve, reject) => {
      const listener = createServer({ noDelay: true, allowHalfOpen: false }, take)
      const refuse = (error: Error): void =>
        reject(new Error(`cannot listen on ${host}:${port}: ${systemReason(error)}`, { cause: error }))
      listener.once('error', refuse)
      listener.listen({ host, port, backlog: BACKLOG, ipv6Only: true }, () => {
        listener.off('error', refuse)
        listener.on('error', (error) => this.#options.log.error({ error }, 'a listener failed'))
        resolve(listener)
      })
    })
  }

  #arrived(socket: Socket, address: string): void {
    const host = this.#addresses.hostAt(address)
    void this.#lead(
      socket,
      (destination) => destination.address === address,
      ({ port }) => (host === undefined ? undefined : this.#serverNamed(host, port)),
    )
  }

  #caught(socket: Socket): void {
    void this.#lead(
      socket,
      // Those come to their own listeners, so a row of one has nothing to do with this connection.
      (destination) => !isEndpointAddress(destination.address),
      (dialled) => {
        const endpoint = this.#endpoints.at(dialled)
        return endpoint && this.#serverAt(endpoint, dialled.address)
      },
    )
  }

  #serverNamed(host: string, port: number): Server | undefined {
    const endpoint = this.#endpoints.named(host, port)
    return endpoint && this.#serverAt(endpoint, host)
  }

  async #lead(
    socket: Socket,
    fits: (destination: { readonly address: string }) => boolean,
    serverFor: (dialled: Dialled) => Server | undefined,
  ): Promise<void> {
    socket.on('error', () => undefined)
    const { remoteAddress: address, remotePort: port } = socket
    if (address === undefined || port === undefined || this.#waiting >= MOST_WAITING)
      return void socket.resetAndDestroy()
    this.#waiting++
    const found: Found = await this.#dialled.of({ address, port }, fits)
    this.#waiting--
    if (socket.destroyed) return
    const server = found === 'lost' ? undefined : serverFor(found)
    if (server) {
      server.accept(socket)
      return
    }
    if (found === 'lost') {
      socket.resetAndDestroy()
      this.#options.log.warn({ address, port }, 'a connection was reset: where it wanted to go could not be found')
      return
    }
    if (this.#isStandIn(found)) this.#options.standIn?.server.accept(socket)
    else socket.resetAndDestroy()
    this.#refuse(found)
  }

  #isStandIn({ address, port }: Dialled): boolean {
    const { standIn } = this.#options
    if (standIn === undefined || port !== standIn.port) return false
    return plainAddress(standIn.address) === address || this.#addresses.hostAt(address) === standIn.host
  }

  #refuse(dialled: Dialled): void {
    const { address, port } = dialled
    this.#refusals.connection(this.#addresses.hostAt(address) ?? address, port)
    this.#options.refused?.(dialled)
  }
}

function lacksIPv6(error: unknown): boolean {
  const code = error instanceof Error ? errorCode(error.cause) : undefined
  return code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT'
}
