// PostgreSQL refuses to run as root, so under root its processes run as an account without rights.
import { chown, readFile } from 'node:fs/promises'

export interface Account {
  readonly name: string
  readonly uid: number
  readonly gid: number
}

/** The account to run a database server as, or undefined where this process has no rights to drop. */
export async function databaseAccount(): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const accounts = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'))
  for (const wanted of ['postgres', 'nobody']) {
    const found = accounts.find(([name]) => name === wanted)
    if (found) return { name: wanted, uid: Number(found[2]), gid: Number(found[3]) }
  }
  throw new Error(
    'PostgreSQL refuses to run as root and /etc/passwd has neither postgres nor nobody: run as an ordinary user',
  )
}

/** Gives a path to the account, or leaves it alone where there is none. */
export async function giveTo(account: Account | undefined, path: string): Promise<void> {
  if (account) await chown(path, account.uid, account.gid)
}

/** The spawn options that make a child run as the account. */
export function runAs(account: Account | undefined): { uid?: number; gid?: number } {
  return account ? { uid: account.uid, gid: account.gid } : {}
}
