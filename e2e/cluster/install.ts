// Brings Sallyport to a cluster the way its users do: images, then the chart with helm.
import { join } from 'node:path'
import { buildImage, IMAGE_NAMES, type ImageName, reference } from '#images/images.ts'
import type { Cluster } from './cluster.ts'
import { until } from './until.ts'

const CHART = join(import.meta.dirname, '../../charts/sallyport')

export const SYSTEM_NAMESPACE = 'sallyport'
export const RELEASE = 'sallyport'

/** Builds the images (those that are as they were cost nothing) and brings them to the node. */
export async function loadImages(
  cluster: Cluster,
  say: (line: string) => void,
  names: readonly ImageName[] = IMAGE_NAMES,
): Promise<void> {
  for (const name of names) {
    say(`image ${reference(name)}`)
    await cluster.loadImage(await buildImage(name))
  }
}

/**
 * Installs the chart, or upgrades what is installed, and waits until its operator is ready, and the one before gone: replicas
 * that stop admit for some seconds more, by the settings that they have.
 */
export async function installSallyport(
  cluster: Cluster,
  values: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  const images = {
    operator: reference('sallyport-operator'),
    sidecar: reference('sallyport-sidecar'),
    pullPolicy: 'Never',
  }
  const into = ['--namespace', SYSTEM_NAMESPACE, '--create-namespace', '--wait', '--timeout', '5m', '--values', '-']
  await cluster.helm(['upgrade', '--install', RELEASE, CHART, ...into], JSON.stringify({ images, ...values }))
  const pods = ['get', 'pods', '--namespace', SYSTEM_NAMESPACE, '-l', 'app.kubernetes.io/component=operator']
  await until('the operator before this one to end', 60_000, async () =>
    (await cluster.kubectl([...pods, '-o', 'jsonpath={.items[*].metadata.deletionTimestamp}'])) === ''
      ? true
      : undefined,
  )
}

export async function uninstallSallyport(cluster: Cluster): Promise<void> {
  await cluster.helm(['uninstall', RELEASE, '--namespace', SYSTEM_NAMESPACE, '--wait', '--timeout', '2m'])
}
