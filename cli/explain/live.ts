// The Connection's own database: its catalog and its planner's estimates, asked with the Connection's credential as the gateway would.
import { writeFile } from 'node:fs/promises'
import type { Manifests } from '#crds/load.ts'
import { buildCatalog } from '#sidecar/protocols/postgres/catalog/build.ts'
import { writeCatalogFile } from '#sidecar/protocols/postgres/catalog/file.ts'
import type { Catalog } from '#sidecar/protocols/postgres/catalog/model.ts'
import { readCatalog, SET_EMPTY_PATH } from '#sidecar/protocols/postgres/catalog/snapshot.ts'
import { targetOf } from '#sidecar/protocols/postgres/connection-target.ts'
import { ESTIMATE_MS, estimateRows } from '#sidecar/protocols/postgres/estimate.ts'
import { ScramKeyCache } from '#sidecar/protocols/postgres/scram/keys.ts'
import type { Estimate } from '#sidecar/protocols/postgres/session/statement-action.ts'
import { readSettings } from '#sidecar/protocols/postgres/settings.ts'
import { SideConnection } from '#sidecar/protocols/postgres/upstream/side-connection.ts'
import type { Startup } from '#sidecar/protocols/postgres/upstream/target.ts'
import { about } from '../gateway/start.ts'
import { configured } from './configured.ts'
import type { ExplainCommand } from './options.ts'

export interface Live {
  readonly catalog: Catalog
  readonly estimate: Estimate
  close(): void
}

export async function goLive(command: ExplainCommand, manifests: Manifests): Promise<Live> {
  const { connection } = configured(command.connection, manifests)
  if (connection.problem !== undefined) throw new Error(connection.problem)
  const settings = readSettings(connection)
  const target = targetOf(connection, settings)
  const database = settings.databases?.[0] ?? target.credentials.username
  const startup: Startup = { database, parameters: [], minor: 0 }
  const scramKeys = new ScramKeyCache()
  const catalog = await catalogOf(await SideConnection.open(target, startup, { scramKeys }), command.save)
  const planner = SideConnection.lazy(target, startup, { scramKeys, queryMilliseconds: ESTIMATE_MS })
  return {
    catalog,
    estimate: (statement, path, parameterized) =>
      estimateRows(planner, catalog.serverMajor, { statement, path, parameterized }),
    close: () => planner.close(),
  }
}

async function catalogOf(side: SideConnection, save: string | undefined): Promise<Catalog> {
  try {
    await side.query(SET_EMPTY_PATH)
    const rows = await readCatalog(side)
    if (save !== undefined) await about(`--save ${save}`, () => writeFile(save, writeCatalogFile(rows)))
    return buildCatalog(rows)
  } finally {
    side.close()
  }
}
