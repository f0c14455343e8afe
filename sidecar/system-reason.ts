// What went wrong with a file, a socket or a process, as far as the error says it.

/** What the operating system refused, for people: without the call and the path, which the sentence around it names. */
export function systemReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const code = errorCode(error)
  if (code === undefined) return error.message
  const said = /^E[A-Z0-9]+: (.*?)(?:, [a-z]+\b.*)?$/.exec(error.message)?.[1]
  return WORDS[code] ?? (said === undefined ? error.message : `${said} (${code})`)
}

/** What the system, or a library, calls the error: `ENOENT`. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

const WORDS: Readonly<Record<string, string>> = {
  EACCES: 'this user may not (EACCES)',
  EPERM: 'this user may not (EPERM)',
  EROFS: 'the file system is read-only (EROFS)',
  ENOSPC: 'no space is left (ENOSPC)',
  ENOENT: 'the directory does not exist or takes no files (ENOENT)',
}
