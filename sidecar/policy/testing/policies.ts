// Policies for tests, from YAML or from literals, validated and defaulted as the API server would.
import assert from 'node:assert/strict'
import { parseAllDocuments } from 'yaml'
import type { AccessPolicy, ClusterAccessPolicy } from '#crds/types.gen.ts'
import { Validator } from '#crds/validate.ts'
import { compilePolicies, type PolicySet } from '../compile.ts'
import { VOCABULARIES } from './vocabulary.ts'

/** Policies of YAML, compiled for the protocol of tests. */
export function policySetFrom(yaml: string): PolicySet {
  return compilePolicies({ ...policiesFrom(yaml), invalid: new Map() }, VOCABULARIES)
}

export interface Policies {
  readonly accessPolicies: readonly AccessPolicy[]
  readonly clusterAccessPolicies: readonly ClusterAccessPolicy[]
}

export function policiesFrom(yaml: string): Policies {
  return policiesOf(
    parseAllDocuments(yaml)
      .map((document): unknown => document.toJS())
      .filter(Boolean),
  )
}

/** Documents may leave out apiVersion, masking and limits. */
export function policiesOf(documents: readonly unknown[]): Policies {
  const accessPolicies: AccessPolicy[] = []
  const clusterAccessPolicies: ClusterAccessPolicy[] = []
  for (const document of documents) {
    const given = Object(document)
    const spec = { masking: [], limits: [], ...given.spec }
    const validation = validator().validate({ apiVersion: 'sallyport.dev/v1alpha1', ...given, spec })
    assert.deepEqual(validation?.faults, [], `${given.metadata?.name} is not valid`)
    const resource: object | undefined = validation?.resource
    if (isKind<AccessPolicy>(resource, 'AccessPolicy')) accessPolicies.push(resource)
    if (isKind<ClusterAccessPolicy>(resource, 'ClusterAccessPolicy')) clusterAccessPolicies.push(resource)
  }
  return { accessPolicies, clusterAccessPolicies }
}

function isKind<T extends { readonly kind: string }>(resource: object | undefined, kind: T['kind']): resource is T {
  return resource !== undefined && 'kind' in resource && resource.kind === kind
}

let shared: Validator | undefined

function validator(): Validator {
  shared ??= new Validator()
  return shared
}
