// What is kept of an object that is watched: a thousand pods' specifications would be most of the operator's memory.
import { isRecord, type KubeObject } from './kube/object.ts'
import { formOf } from './stream/pod-form.ts'

/** Without what the API server notes for itself. */
export function pruned(object: KubeObject): KubeObject {
  const { managedFields: _, ...metadata } = object.metadata
  return { ...object, metadata }
}

/** Of a pod only who it is, and that what it is made of is the same: what that is is asked for when it matters. */
export function prunedPod(pod: KubeObject): KubeObject {
  const { apiVersion, kind, metadata, ...object } = pod
  const { name, namespace, uid, resourceVersion, labels, deletionTimestamp } = metadata
  const spec = isRecord(object['spec']) ? object['spec'] : {}
  const status = isRecord(object['status']) ? object['status'] : {}
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      uid,
      resourceVersion,
      ...(namespace === undefined ? {} : { namespace }),
      ...(labels === undefined ? {} : { labels }),
      ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
    },
    spec: { serviceAccountName: spec['serviceAccountName'] },
    status: { phase: status['phase'] },
    form: formOf(pod),
  }
}
