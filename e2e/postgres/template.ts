// A freshly initialised data directory, made once per version and machine and copied for every server: initdb takes a
// second, a copy a tenth of that.
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmod, cp, mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Version } from './binaries.ts'
import { type Account, giveTo, runAs } from './unprivileged.ts'

const run = promisify(execFile)

/** Raised whenever initdb's options below change. */
const REVISION = 1

export const SUPERUSER = 'postgres'

/** Fills `data` (which must not exist) and returns the superuser's password. */
export async function copyTemplate(
  version: Version,
  bin: string,
  account: Account | undefined,
  data: string,
): Promise<string> {
  const template = await ensureTemplate(version, bin, account)
  await run('cp', ['-a', '--reflink=auto', join(template, 'data'), data])
  return readFile(join(template, 'password'), 'utf8')
}

async function ensureTemplate(version: Version, bin: string, account: Account | undefined): Promise<string> {
  const owner = process.getuid?.() ?? 0
  const template = join(tmpdir(), `sallyport-template-${owner}-${account?.name ?? 'self'}-${version}-r${REVISION}`)
  const existing = await stat(template).catch(() => undefined)
  // Only our own: anyone may make a directory of this name in /tmp.
  if (existing && existing.uid === owner && (existing.mode & 0o022) === 0) return template
  if (existing) throw new Error(`${template} belongs to somebody else: remove it`)
  const scratch = await mkdtemp(join(tmpdir(), 'sallyport-initdb-'))
  try {
    await build(bin, account, scratch)
    await rename(join(scratch, 'template'), template).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error
    })
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
  return template
}

async function build(bin: string, account: Account | undefined, scratch: string): Promise<void> {
  const work = join(scratch, 'work')
  const template = join(scratch, 'template')
  await chmod(scratch, 0o711)
  await mkdir(work)
  await giveTo(account, work)
  const password = randomBytes(12).toString('hex')
  const passwordFile = join(work, 'password')
  await writeFile(passwordFile, password, { mode: 0o600 })
  await giveTo(account, passwordFile)
  const options = ['-U', SUPERUSER, '-A', 'scram-sha-256', '--pwfile', passwordFile, '-E', 'UTF8', '--locale=C']
  await run(join(bin, 'initdb'), ['-D', join(work, 'data'), '--no-sync', '--wal-segsize=4', ...options], {
    cwd: work,
    ...runAs(account),
  })
  await mkdir(template, { mode: 0o700 })
  await cp(passwordFile, join(template, 'password'))
  await rename(join(work, 'data'), join(template, 'data'))
}
