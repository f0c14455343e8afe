// The database of the end-to-end tests: PostgreSQL 15 with TLS and SCRAM on.
//
// Its certificate comes from /tls/tls.crt and /tls/tls.key where a Secret is mounted there, else it is made at the start and
// signed by itself. Before it takes connections it runs /setup/*.sql as the superuser, in the order of their names. It runs as
// the image's user (UID 999); the superuser `postgres` comes in over the Unix socket only, so by `kubectl exec`.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { debianLayer } from '../debian.ts'
import { layer } from '../layers.ts'
import type { Layer } from '../oci.ts'

const PACKAGES = ['openssl', 'postgresql-15']

export const TARGET_USER = '999'
const DATA = '/data'

const CONFIGURATION = `
listen_addresses = '*'
unix_socket_directories = '/tmp'
ssl = on
ssl_cert_file = '/data/server.crt'
ssl_key_file = '/data/server.key'
password_encryption = 'scram-sha-256'
fsync = off
log_connections = on
`

const ACCESS = `
local   all all     trust
hostssl all all all scram-sha-256
`

export async function targetLayers(): Promise<readonly Layer[]> {
  const initialize = `/usr/lib/postgresql/15/bin/initdb --locale=C.UTF-8 --encoding=UTF8 --no-sync -U postgres -D ${DATA}`
  const database = await debianLayer('e2e-target', PACKAGES, [
    `chroot "$1" usermod --uid ${TARGET_USER} postgres && chroot "$1" groupmod --gid ${TARGET_USER} postgres`,
    `chroot "$1" install -d -o ${TARGET_USER} -g ${TARGET_USER} -m 700 ${DATA}`,
    `chroot "$1" setpriv --reuid ${TARGET_USER} --regid ${TARGET_USER} --clear-groups ${initialize}`,
    `cat >> "$1${DATA}/postgresql.conf" <<'EOF'\n${CONFIGURATION}EOF`,
    `cat > "$1${DATA}/pg_hba.conf" <<'EOF'\n${ACCESS}EOF`,
  ])
  const script = await readFile(join(import.meta.dirname, 'target-start.sh'))
  const start = await layer('e2e-target-start', ['start 1', script], async (folder) => {
    await writeFile(join(folder, 'start'), script, { mode: 0o755 })
    return 'folder'
  })
  return [database, start]
}
