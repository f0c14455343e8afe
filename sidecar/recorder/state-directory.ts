// The state directory, made if it is missing. Errors complete the sentence that begins with the directory's name.
import { mkdirSync, type Stats, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { errorCode, systemReason } from '#sidecar/system-reason.ts'

/** Directories are made one by one: Node's recursive mkdir does not end below a parent that refuses with ENOENT (/proc). */
export function makeStateDirectory(directory: string): void {
  const missing: string[] = []
  let path = resolve(directory)
  let present = statOrMissing(path)
  while (present === undefined) {
    missing.unshift(path)
    path = dirname(path)
    present = statOrMissing(path)
  }
  if (!present.isDirectory()) {
    throw new Error(missing.length === 0 ? 'is a file, not a directory' : `cannot be made: ${path} is a file`)
  }
  for (const one of missing) make(one)
}

function make(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    // Another process may have been faster.
    if (statOrMissing(path)?.isDirectory()) return
    throw new Error(`cannot be made: ${systemReason(error)}`, { cause: error })
  }
}

function statOrMissing(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false })
  } catch (error) {
    // A file where a directory is expected: the loop finds it one level up.
    if (errorCode(error) === 'ENOTDIR') return undefined
    throw new Error(`cannot be looked at: ${systemReason(error)}`, { cause: error })
  }
}
