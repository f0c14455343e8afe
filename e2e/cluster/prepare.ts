// What takes minutes the first time, done before any test's time runs: packages, programs, images.
import { buildImage, IMAGE_NAMES } from '#images/images.ts'
import { messageOf } from '#sidecar/system-reason.ts'
import { clusterBinaries } from './binaries.ts'
import { installClusterPackages, whyNoCluster } from './prerequisites.ts'

/** Says what cannot be had; tests that need it then fail or are skipped with that reason. */
export async function prepareCluster(say: (line: string) => void): Promise<void> {
  installClusterPackages(say)
  const why = whyNoCluster()
  if (why !== undefined) return say(why)
  try {
    await clusterBinaries(say)
    for (const name of IMAGE_NAMES) await buildImage(name)
  } catch (error) {
    say(messageOf(error))
  }
}
