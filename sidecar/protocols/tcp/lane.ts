// One Connection as this protocol serves it: where it leads, what it takes, who may use it.
import type { Pair } from '#sidecar/policy/pair.ts'
import { type ConfiguredConnection, connectionKey, type Services } from '#sidecar/services.ts'
import { type Endpoint, endpointOf } from './endpoint.ts'
import { faults, type TlsMode, tlsMode } from './settings.ts'

export const PROTOCOL = 'TCP'

export class Lane {
  readonly connection: ConfiguredConnection
  readonly endpoint: Endpoint | undefined
  readonly tls: TlsMode
  /** Why no connection can be let in. */
  readonly problem: string | undefined
  /** Everything that sessions depend on; another one cuts them. */
  readonly identity: string
  readonly #services: Services

  constructor(connection: ConfiguredConnection, services: Services) {
    const { spec, problem, labels } = connection
    const [fault] = faults(spec)
    this.connection = connection
    this.endpoint = endpointOf(connection)
    this.tls = tlsMode(spec)
    this.problem = problem ?? fault?.message
    this.identity = JSON.stringify([connectionKey(connection), spec, this.endpoint, this.problem, labels])
    this.#services = services
  }

  get key(): string {
    return connectionKey(this.connection)
  }

  pair(): Pair {
    return this.#services.policies().pair(this.#services.agent, this.#reference())
  }

  /** Policies that would let the agent in if it presented a token, which bytes passed through cannot carry. */
  wantsToken(): boolean {
    return this.#services.policies().wantsToken(this.#services.agent, this.#reference()).length > 0
  }

  #reference() {
    const { namespace, name, labels } = this.connection
    return { namespace, name, labels, protocol: PROTOCOL }
  }
}
