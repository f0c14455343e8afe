// Clusters as YAML text, for tests.
import { parseAllDocuments } from 'yaml'
import { Validator } from '#crds/validate.ts'
import type { Change, WatchedKind } from '../change.ts'
import { metadataOf, record } from '../cluster-facts.ts'
import { Judgement } from '../judgement.ts'
import { PROTOCOLS } from './protocols.ts'

const API_VERSIONS: Readonly<Record<WatchedKind, string>> = {
  Namespace: 'v1',
  Secret: 'v1',
  ConfigMap: 'v1',
  Service: 'v1',
  Pod: 'v1',
  EndpointSlice: 'discovery.k8s.io/v1',
  Connection: 'sallyport.dev/v1alpha1',
  AccessPolicy: 'sallyport.dev/v1alpha1',
  ClusterAccessPolicy: 'sallyport.dev/v1alpha1',
  EndpointGrant: 'sallyport.dev/v1alpha1',
  IdentityProvider: 'sallyport.dev/v1alpha1',
}

/** Every document is an object that is there, or `gone: true`. */
export function changesOf(text: string): readonly Change[] {
  return parseAllDocuments(text).flatMap((document): Change[] => {
    const object = record(document.toJS())
    const kind = watched(object['kind'])
    if (kind === undefined) return []
    const { namespace, name } = metadataOf(object)
    const key = namespace === '' ? name : `${namespace}/${name}`
    return [{ kind, key, object: object['gone'] === true ? undefined : { apiVersion: API_VERSIONS[kind], ...object } }]
  })
}

const VALIDATOR = new Validator()

export function newJudgement(): Judgement {
  return new Judgement({ clusterDomain: 'cluster.local', protocols: PROTOCOLS, validator: VALIDATOR })
}

function watched(kind: unknown): WatchedKind | undefined {
  const kinds = Object.keys(API_VERSIONS) as readonly WatchedKind[]
  return kinds.find((known) => known === kind)
}
