// What has to be true of the arguments before anything is opened, and errors that begin with the option they are about.
import { stat } from 'node:fs/promises'
import type { Manifests } from '#crds/load.ts'
import { errorCode, systemReason } from '#sidecar/system-reason.ts'
import { strangerAmong } from './listeners.ts'
import type { GatewayCommand } from './options.ts'
import { type DirectoryResources, gatewayResources, nothingToServe, unusable } from './resources.ts'

/** Throws with everything that a person needs to know. */
export function usableResources(
  manifests: Manifests,
  { manifests: place, listen }: GatewayCommand,
): DirectoryResources {
  const problem = unusable(manifests) ?? nothingToServe(manifests)
  if (problem !== undefined) throw new Error(`${problem}\nRun \`./sallyport check ${place}\` for all of it.`)
  const resources = gatewayResources(manifests)
  const stranger = strangerAmong(listen, resources.connections)
  if (stranger !== undefined) throw new Error(stranger)
  return resources
}

/** One file is as good as a directory. */
export async function mustBeThere(path: string): Promise<void> {
  await stat(path).catch((error) => {
    const missing = ['ENOENT', 'ENOTDIR'].includes(errorCode(error) ?? '')
    throw new Error(`--manifests ${path}: ${missing ? 'there is no such directory' : systemReason(error)}`)
  })
}

export async function about<T>(option: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw named(option, error)
  }
}

export function named(option: string, error: unknown): Error {
  return new Error(`${option}: ${systemReason(error)}`, { cause: error })
}
