// The endpoints in force, by everything that they can be found by. Pure; made anew from each snapshot.
import { isIP } from 'node:net'
import type { SteeredEndpoint } from '#contracts/control/messages.ts'
import { canonicalHost, covers } from '#sidecar/dns/names.ts'
import { type Endpoint, plainAddress } from './proc-net-tcp.ts'

export class EndpointTable {
  /** Canonical, patterns too. */
  readonly names: readonly string[]
  readonly #byName: readonly (readonly [string, SteeredEndpoint])[]
  readonly #byAddress = new Map<string, SteeredEndpoint>()

  constructor(endpoints: readonly SteeredEndpoint[], clusterDomain: string) {
    const numeric = endpoints.filter(({ host }) => isIP(host) !== 0)
    const named = endpoints.filter(({ host }) => isIP(host) === 0)
    this.#byName = named.map((endpoint) => [canonicalHost(endpoint.host, clusterDomain), endpoint])
    this.names = [...new Set(this.#byName.map(([name]) => name))]
    // An address that is declared itself goes before one that a name resolves to.
    for (const endpoint of named) for (const address of endpoint.addresses) this.#stand(address, endpoint)
    for (const endpoint of numeric)
      for (const address of [...endpoint.addresses, endpoint.host]) this.#stand(address, endpoint)
  }

  /** Of a canonical host; its own endpoint goes before a pattern's. */
  named(host: string, port: number): SteeredEndpoint | undefined {
    const here = this.#byName.filter(([name, endpoint]) => endpoint.port === port && covers(name, host))
    return (here.find(([name]) => name === host) ?? here[0])?.[1]
  }

  at({ address, port }: Endpoint): SteeredEndpoint | undefined {
    return this.#byAddress.get(`${address} ${port}`)
  }

  #stand(address: string, endpoint: SteeredEndpoint): void {
    this.#byAddress.set(`${plainAddress(address)} ${endpoint.port}`, endpoint)
  }
}
