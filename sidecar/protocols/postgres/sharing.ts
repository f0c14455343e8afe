// Which Connection a session belongs to, where several share an endpoint: the hello's database decides, then its user
// (`settings.match`). A lane is one Connection with what its sessions share.
import { type ConfiguredConnection, connectionKey, type Services } from '#sidecar/services.ts'
import { targetOf } from './connection-target.ts'
import { Hub } from './hub.ts'
import type { Hello } from './login/hello.ts'
import type { ScramKeyCache } from './scram/keys.ts'
import { type ConnectionSettings, readSettings } from './settings.ts'
import type { Target } from './upstream/target.ts'
import { PostgresFault } from './wire/fault.ts'

export class Lane {
  readonly connection: ConfiguredConnection
  readonly settings: ConnectionSettings
  readonly target: Target
  readonly scramKeys: ScramKeyCache
  /** Everything that sessions depend on; another one cuts them. */
  readonly identity: string
  readonly #services: Services
  readonly #hubs = new Map<string, Hub>()

  constructor(connection: ConfiguredConnection, services: Services, scramKeys: ScramKeyCache) {
    this.connection = connection
    this.settings = readSettings(connection)
    this.target = targetOf(connection, this.settings, services.resolve)
    this.scramKeys = scramKeys
    this.#services = services
    const { spec, credentials, ca, problem, labels } = connection
    this.identity = JSON.stringify([connectionKey(connection), spec, [...credentials], ca, problem, labels])
  }

  /** An agent chooses the database's name, so those that nobody uses are forgotten. */
  hub(database: string): Hub {
    let hub = this.#hubs.get(database)
    if (!hub) {
      hub = new Hub({
        target: this.target,
        database,
        scramKeys: this.scramKeys,
        maskingKeys: this.#services.maskingKeys,
        catalogMaxAgeMs: this.settings.catalogMaxAgeMs,
        log: this.#services.log,
      })
      this.#hubs.set(database, hub)
    }
    return hub
  }

  /** The first session to a database failed: it may not exist. */
  forget(database: string): void {
    this.#hubs.get(database)?.close()
    this.#hubs.delete(database)
  }

  close(): void {
    for (const hub of this.#hubs.values()) hub.close()
    this.#hubs.clear()
  }

  takes({ database, user }: { readonly database: string; readonly user: string }): boolean {
    const { databases, users } = this.settings
    return (databases === undefined || databases.includes(database)) && (users === undefined || users.includes(user))
  }

  /** How closely it asks for a session: a Connection that names the database goes before one that takes any. */
  get precision(): number {
    return (this.settings.databases ? 2 : 0) + (this.settings.users ? 1 : 0)
  }
}

export class Sharing {
  /** What agents may call these servers. */
  readonly hosts: readonly string[]
  readonly #lanes: readonly Lane[]
  readonly #services: Services
  readonly #scramKeys: ScramKeyCache

  constructor(
    connections: readonly ConfiguredConnection[],
    services: Services,
    scramKeys: ScramKeyCache,
    known: readonly Lane[] = [],
  ) {
    this.#services = services
    this.#scramKeys = scramKeys
    this.hosts = hostsOf(connections)
    this.#lanes = connections
      .map((connection) => new Lane(connection, services, scramKeys))
      .map((lane) => known.find(({ identity }) => identity === lane.identity) ?? lane)
      .sort((a, b) => b.precision - a.precision)
  }

  renewed(connections: readonly ConfiguredConnection[]): Sharing {
    return new Sharing(connections, this.#services, this.#scramKeys, this.#lanes)
  }

  serves(lane: Lane): boolean {
    return this.#lanes.includes(lane)
  }

  closeUnused(next: Sharing): void {
    for (const lane of this.#lanes) if (!next.serves(lane)) lane.close()
  }

  close(): void {
    for (const lane of this.#lanes) lane.close()
  }

  laneFor(hello: Hello): Lane | undefined {
    return this.#lanes.find((lane) => lane.takes(hello))
  }

  noLane({ database, user }: Hello): PostgresFault {
    return new PostgresFault({
      sqlstate: '3D000',
      message: `no Connection of this gateway takes database "${database}" for user "${user}"`,
      hint: 'settings.match of the Connections at this endpoint says which databases and users they take.',
    })
  }
}

function hostsOf(connections: readonly ConfiguredConnection[]): readonly string[] {
  const named = connections.flatMap(({ spec, dialledAs = [] }) => [
    ...spec.endpoints.map(({ host }) => host),
    ...dialledAs,
  ])
  return [...new Set([...named, 'localhost', '127.0.0.1', '::1'])]
}
