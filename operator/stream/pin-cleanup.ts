// Pins of pods that are gone: each goes with its pod, and what was missed meanwhile when a replica begins to lead.
import type { Api } from '../kube/client.ts'
import type { Log } from '../kube/log.ts'
import { LEASES } from '../resources.ts'
import { PIN_LABEL, type PinStore, podUidOf } from './pins.ts'

export interface PinCleanupOptions {
  readonly api: Pick<Api, 'list'>
  readonly namespace: string
  readonly pins: Pick<PinStore, 'forget'>
  readonly isThere: (podUid: string) => boolean
  readonly log: Log
}

export async function forgetPinsOfGonePods({ api, namespace, pins, isThere, log }: PinCleanupOptions): Promise<void> {
  const { items } = await api.list(LEASES, { namespace, labelSelector: PIN_LABEL })
  const gone = items.flatMap(({ metadata }) => podUidOf(metadata.name) ?? []).filter((uid) => !isThere(uid))
  for (const uid of gone) await pins.forget(uid)
  if (gone.length > 0) log.info({ pins: gone.length }, 'pins of pods that are gone were removed')
}
