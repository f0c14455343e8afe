// The database with its planted values, and gateways in front of it.
import { type PostgresServer, startPostgres } from '../embedded.ts'
import { type Gateway, startGateway } from '../gateway.ts'
import type { RawOptions } from '../raw.ts'
import { schemaScript } from './schema.ts'

const OWNER = { user: 'owner_of_it_all', password: 'not-a-secret' }
const DATABASE = 'leak'

/** Per policy. LEAK_TRIES=100000 for a long night. */
export const TRIES = Number(process.env['LEAK_TRIES'] ?? 1500)
export const SEED = Number(process.env['LEAK_SEED'] ?? 1)

export async function startVault(): Promise<PostgresServer> {
  const server = await startPostgres()
  await server.sql(
    `create role ${OWNER.user} login password '${OWNER.password}'; grant pg_read_all_stats to ${OWNER.user}`,
  )
  await server.sql(`create database ${DATABASE} owner ${OWNER.user}`)
  await server.sql(`set role ${OWNER.user}; ${schemaScript()}; analyze`, DATABASE)
  return server
}

export function guarded(server: PostgresServer, policy: Readonly<Record<string, unknown>>): Promise<Gateway> {
  return startGateway({
    upstream: { ...server, ...OWNER },
    policies: [policy],
    // With keys of chance a masked value would by chance look like another one's.
    installationKey: Buffer.alloc(32, 'leak'),
  })
}

/** As the owner, by whichever way. */
export function asOwner({ host, port }: { readonly host: string; readonly port: number }): RawOptions {
  return { ...OWNER, host, port, database: DATABASE }
}
