// An address in 127.77.0.0/16 for every host that agents dial by name. Pure.
//
// An address is its host's for the life of the pod: what a client has looked up stays right, whatever comes and goes.
// It follows from the name alone (with the next free one where two names meet), so that it is mostly the same in every pod.
import { createHash } from 'node:crypto'

/** Of 65,533; far more than there are endpoints. */
export const MOST_HOSTS = 4_096
/** With so many, names of a pattern get none any more: those are the agent's to choose, and declared hosts go before them. */
export const MOST_WITH_PATTERNS = 1_024

/** The network, the resolver's address (127.77.0.53) and the last one, which looks like a broadcast. */
const TAKEN: ReadonlySet<number> = new Set([0, 53, 0xffff])

export class EndpointAddresses {
  readonly #byHost = new Map<string, string>()
  readonly #byAddress = new Map<string, string>()

  /** Undefined: there are `most` hosts already. */
  assign(host: string, most = MOST_HOSTS): string | undefined {
    const known = this.#byHost.get(host)
    if (known !== undefined || this.#byHost.size >= most) return known
    let at = createHash('sha256').update(host).digest().readUInt16BE(0)
    while (TAKEN.has(at) || this.#byAddress.has(written(at))) at = (at + 1) & 0xffff
    this.#byHost.set(host, written(at))
    this.#byAddress.set(written(at), host)
    return written(at)
  }

  hostAt(address: string): string | undefined {
    return this.#byAddress.get(address)
  }
}

export function isEndpointAddress(address: string): boolean {
  return address.startsWith('127.77.')
}

function written(at: number): string {
  return `127.77.${at >> 8}.${at & 0xff}`
}
