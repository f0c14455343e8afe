// Root file systems from Debian's packages, with mmdebstrap.
import { execFile } from 'node:child_process'
import { chmod, cp, mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { rootCertificates } from 'node:tls'
import { promisify } from 'node:util'
import { layer } from './layers.ts'
import type { Layer } from './oci.ts'

const run = promisify(execFile)

const SUITE = 'bookworm'

/** Nobody in particular, by number: Kubernetes' runAsNonRoot looks at the number. */
export const USER = '65532'

const ACCOUNTS: Readonly<Record<string, string>> = {
  'etc/passwd': `root:x:0:0:root:/:/sbin/nologin\nnonroot:x:${USER}:${USER}:nonroot:/:/sbin/nologin\n`,
  'etc/group': `root:x:0:\nnonroot:x:${USER}:\n`,
  'etc/nsswitch.conf': 'hosts: files dns\n',
}

/** Only what these packages and the ones they need bring: no shell, no package manager. With the public CAs. */
export function bareLayer(name: string, packages: readonly string[]): Promise<Layer> {
  const ingredients = ['bare 1', SUITE, ...packages, ...Object.values(ACCOUNTS), ...rootCertificates]
  return layer(name, ingredients, async (folder) => {
    const root = join(folder, '../root')
    await mmdebstrap(['--variant=extract', `--include=${packages.join(',')}`, SUITE, root])
    for (const part of ['lib', 'lib64', 'usr/lib', 'usr/lib64', 'usr/sbin', 'sbin'])
      await cp(join(root, part), join(folder, part), { recursive: true, verbatimSymlinks: true }).catch(ignoreMissing)
    await keepLicences(join(root, 'usr/share/doc'), join(folder, 'usr/share/doc'))
    await rm(root, { recursive: true })
    for (const [file, text] of Object.entries({ ...ACCOUNTS, 'etc/ssl/certs/ca-certificates.crt': authorities() })) {
      await mkdir(join(folder, file, '..'), { recursive: true })
      await writeFile(join(folder, file), text)
    }
    return 'folder'
  })
}

/** A whole Debian with a shell, for tests. `prepare` are shell lines; the root file system is in `$1`. */
export function debianLayer(name: string, packages: readonly string[], prepare: readonly string[]): Promise<Layer> {
  return layer(name, ['debian 1', SUITE, ...packages, ...prepare], async (_folder, tar) => {
    const hooks = prepare.map((line) => `--customize-hook=${line}`)
    const slim = ['--dpkgopt=path-exclude=/usr/share/doc/*', '--dpkgopt=path-exclude=/usr/share/man/*']
    await mmdebstrap(['--variant=essential', `--include=${packages.join(',')}`, ...slim, ...hooks, SUITE, tar])
    return 'tar'
  })
}

async function mmdebstrap(options: readonly string[]): Promise<void> {
  try {
    await run('mmdebstrap', ['--quiet', ...options], {
      env: { ...process.env, SOURCE_DATE_EPOCH: '0' },
      maxBuffer: 64 << 20,
    })
  } catch (cause) {
    const missing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT'
    throw new Error(
      missing
        ? 'images are built with mmdebstrap, which is not here: apt-get install mmdebstrap'
        : `mmdebstrap failed: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    )
  }
}

/** Mozilla's list, as Node carries it. */
function authorities(): string {
  return `${rootCertificates.join('\n')}\n`
}

async function keepLicences(from: string, to: string): Promise<void> {
  for (const name of await readdir(from)) {
    const file = join(name, 'copyright')
    await mkdir(join(to, name), { recursive: true })
    await cp(join(from, file), join(to, file), { dereference: true }).catch(ignoreMissing)
    await chmod(join(to, name), 0o755)
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error
}
