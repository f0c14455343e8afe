// Installs what the end-to-end tests and the benchmark run against, where it is missing and this machine lets us: Debian
// as root. Elsewhere it says what is missing; tests that need it are skipped with the reason.
import { type ExecFileSyncOptions, execFileSync } from 'node:child_process'
import { accessSync, constants, existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { prepareCluster } from './cluster/prepare.ts'

/** A program, and the Debian package that brings it. */
const NEEDED: Readonly<Record<string, string>> = {
  psql: 'postgresql-client',
  pgbench: 'postgresql',
  '/usr/lib/postgresql/15/bin/postgres': 'postgresql-15',
  '/usr/share/postgresql/15/extension/pg_trgm.control': 'postgresql-contrib',
  haproxy: 'haproxy',
  pgbouncer: 'pgbouncer',
  python3: 'python3-venv',
  go: 'golang',
  java: 'default-jdk-headless',
  mvn: 'maven',
  cargo: 'cargo',
  openssl: 'openssl',
  prlimit: 'util-linux',
  nft: 'nftables',
  ip: 'iproute2',
  dig: 'bind9-dnsutils',
  'musl-gcc': 'musl-tools',
}

const missing = Object.entries(NEEDED).filter(([program]) => !present(program))
if (missing.length > 0) {
  const packages = [...new Set(missing.map(([, name]) => name))]
  const canInstall = process.getuid?.() === 0 && present('apt-get')
  console.log(`${canInstall ? 'Installing' : 'Missing; tests that need them are skipped'}: ${packages.join(' ')}`)
  if (canInstall) install(packages)
}
if (process.argv[2] !== 'unit') await prepareCluster(console.log)

function present(program: string): boolean {
  if (program.startsWith('/')) return existsSync(program)
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

function install(packages: readonly string[]): void {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const quiet: ExecFileSyncOptions = { stdio: ['ignore', 'ignore', 'inherit'], env }
  try {
    execFileSync('apt-get', ['update', '-q'], quiet)
  } catch {
    console.log('apt-get update failed; going on with the package lists that are here')
  }
  // One by one: a package that this release does not have may not keep the others out.
  for (const name of packages) {
    try {
      execFileSync('apt-get', ['install', '-y', '-q', '--no-install-recommends', name], quiet)
    } catch {
      console.log(`${name} cannot be installed; tests that need it are skipped`)
    }
  }
}
