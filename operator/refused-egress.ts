// What a pod tried to reach and no Connection covers, as an Event of the pod: `kubectl describe pod` shows it, and `sallyport observe`
// makes Connections of it.
import type { PodIdentity, Refused } from '#contracts/control/messages.ts'
import { EGRESS_REFUSED_REASON, egressNote } from '#contracts/pod/egress-event.ts'
import type { Telling } from './kube/events.ts'

export function refusedEgress({ namespace, pod, podUid }: PodIdentity, refused: Refused): Telling {
  return {
    regarding: { apiVersion: 'v1', kind: 'Pod', namespace, name: pod, uid: podUid },
    type: 'Warning',
    reason: EGRESS_REFUSED_REASON,
    action: 'Refuse',
    note: egressNote(refused),
  }
}
