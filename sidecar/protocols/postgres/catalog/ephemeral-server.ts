// A throw-away PostgreSQL for tests and for the generator: a fresh cluster in a temporary folder, reached through a Unix
// socket in it (so no port is taken), run as `nobody` when we are root because the server refuses root.
import { type ChildProcess, spawn } from 'node:child_process'
import { chownSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { Cells } from './rows.ts'
import type { CatalogSource } from './snapshot.ts'

export interface EphemeralServer extends AsyncDisposable {
  connect(user?: string): Promise<EphemeralSession>
}

export interface EphemeralSession extends CatalogSource, AsyncDisposable {}

const NOBODY = 65534
const USER = 'sallyport'

/** `installation` holds bin/postgres and bin/initdb. */
export async function startServer(installation: string): Promise<EphemeralServer> {
  makeSymlinks(installation)
  const identity = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {}
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-pg-'))
  if (identity.uid !== undefined) chownSync(folder, NOBODY, NOBODY)
  const data = join(folder, 'data')
  const initdb = ['-D', data, '-U', USER, '-A', 'trust', '-E', 'UTF8', '--no-locale', '--no-sync']
  await finished(spawn(join(installation, 'bin/initdb'), initdb, { ...identity, stdio: 'ignore' }))
  const server = spawn(
    join(installation, 'bin/postgres'),
    [
      '-D',
      data,
      '-k',
      folder,
      '-c',
      'listen_addresses=',
      '-c',
      'fsync=off',
      '-c',
      'max_connections=20',
      '-c',
      'autovacuum=off',
    ],
    { ...identity, stdio: 'ignore' },
  )
  return {
    connect: (user = USER) => connect(folder, user),
    [Symbol.asyncDispose]: async () => {
      const gone = new Promise((resolve) => server.once('exit', resolve))
      if (server.exitCode === null && server.kill('SIGINT')) await gone
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** The embedded packages list the links that their install script would have made. */
function makeSymlinks(installation: string): void {
  const list = join(installation, 'pg-symlinks.json')
  if (!existsSync(list)) return
  for (const link of JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]) {
    const target = join(dirname(installation), link.target)
    try {
      symlinkSync(basename(link.source), target)
    } catch (error) {
      // Made before, or just now by another test.
      if (!existsSync(target)) throw error
    }
  }
}

async function finished(child: ChildProcess): Promise<void> {
  const code = await new Promise((resolve, reject) => child.once('exit', resolve).once('error', reject))
  if (code !== 0) throw new Error(`${child.spawnfile} ended with ${code}`)
}

async function connect(host: string, user: string): Promise<EphemeralSession> {
  for (let attempt = 0; ; attempt++) {
    const client = new pg.Client({ host, user, database: 'postgres' })
    client.on('error', () => {})
    try {
      await client.connect()
      return sessionOf(client)
    } catch (cause) {
      if (attempt > 600) throw new Error(`no server answers in ${host}`, { cause })
      await sleep(100)
    }
  }
}

function sessionOf(client: pg.Client): EphemeralSession {
  return {
    async query(sql: string): Promise<readonly Cells[]> {
      const answer = await client.query({ text: sql, rowMode: 'array', types: { getTypeParser: () => String } })
      const results = (Array.isArray(answer) ? answer : [answer]) as { rows: Cells[] }[]
      return results.flatMap((result) => result.rows)
    },
    [Symbol.asyncDispose]: () => client.end(),
  }
}
