// What of a pod its attestation rests on, as one digest: another one means that the pod has to be looked at again.
//
// Not its addresses: a stream cannot move to another one, and the kubelet takes them away for a moment where it starts a pod anew.
import { createHash } from 'node:crypto'
import { isRecord, type KubeObject } from '../kube/object.ts'

export function formOf({ metadata: { uid, labels, annotations }, spec, status }: KubeObject): string {
  const seen = isRecord(status) ? STATUSES.map((list) => statusesOf(status[list])) : []
  return createHash('sha256')
    .update(JSON.stringify([uid, labels, annotations, spec, seen]))
    .digest('base64url')
}

const STATUSES = ['initContainerStatuses', 'containerStatuses', 'ephemeralContainerStatuses'] as const

/** Which image and which user; that a container waits, runs, has ended or started again is no news. */
function statusesOf(list: unknown): unknown {
  if (!Array.isArray(list)) return []
  return list.filter(isRecord).map(({ name, imageID, user }) => [name, imageID, user])
}
