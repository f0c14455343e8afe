// What went wrong with a file, a socket or a process, as far as the error says it.

/** What the error says; whatever was thrown, there is a text. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** What the operating system refused, for people: without the call and the path, which the sentence around it names. */
export function systemReason(error: unknown): string {
  const message = messageOf(error)
  const code = errorCode(error)
  if (code === undefined) return message
  const said = /^E[A-Z0-9]+: (.*?)(?:, [a-z]+\b.*)?$/.exec(message)?.[1]
  return WORDS[code] ?? (said === undefined ? message : `${said} (${code})`)
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
