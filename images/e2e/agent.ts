// The agent of the end-to-end tests: a Debian full of tools, friendly and hostile.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'esbuild'
import { debianLayer } from '../debian.ts'
import { layer } from '../layers.ts'
import type { Layer } from '../oci.ts'
import { nodeLayer } from '../program.ts'

const PACKAGES = [
  'bind9-dnsutils',
  'ca-certificates',
  'curl',
  'iproute2',
  'iputils-ping',
  'libcap2-bin',
  'netcat-openbsd',
  'nftables',
  'openssl',
  'postgresql-client',
  'procps',
  'python3',
  'python3-psycopg2',
  'tcpdump',
]

/** UID 1000 is `agent`; the image's own user is root, as most images have it. `su` is set-UID, as Debian has it. */
const PREPARE = ['chroot "$1" useradd --uid 1000 --create-home --shell /bin/bash agent']

/** `require('pg')` works in the image, through NODE_PATH. */
export const NODE_PATH = '/usr/local/lib/node_modules'

export async function agentLayers(): Promise<readonly Layer[]> {
  return [await debianLayer('e2e-agent', PACKAGES, PREPARE), await nodeLayer(), await driverLayer()]
}

async function driverLayer(): Promise<Layer> {
  const { outputFiles } = await build({
    stdin: { contents: "module.exports = require('pg')", resolveDir: import.meta.dirname },
    bundle: true,
    platform: 'node',
    format: 'cjs',
    external: ['pg-native', 'cloudflare:sockets'],
    write: false,
    logLevel: 'error',
  })
  const driver = Buffer.concat(outputFiles.map(({ contents }) => contents))
  return layer('e2e-driver', ['driver 1', driver], async (folder) => {
    await mkdir(join(folder, NODE_PATH, 'pg'), { recursive: true })
    await writeFile(join(folder, NODE_PATH, 'pg/index.js'), driver)
    return 'folder'
  })
}
