// The kinds as their files define them: each folder's crd.yaml, the very file that is applied to a cluster, or schema.yaml
// for core kinds. Only the generator and tests read these; everything else uses kinds.gen.json, made from them, which
// loads at once and goes into bundles.
import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { API_VERSION, type Kind, type Schema } from './schema.ts'

/** Folders of this directory that hold a CustomResourceDefinition, in the order in which people read them. */
export const CRD_FOLDERS = [
  'connection',
  'accesspolicy',
  'clusteraccesspolicy',
  'endpointgrant',
  'approvalrequest',
  'identityprovider',
] as const

/** Core kinds that files for the gateway hold as well; the API server has its own schema for them. */
const CORE_FOLDERS = ['secret', 'configmap'] as const

interface CrdFile {
  readonly spec: {
    readonly scope: Kind['scope']
    readonly names: { readonly kind: string }
    readonly versions: readonly { readonly schema: { readonly openAPIV3Schema: Schema } }[]
  }
}

interface CoreFile {
  readonly of: Pick<Kind, 'kind' | 'apiVersion'>
  readonly openAPIV3Schema: Schema
}

/** Reads every kind from the files beside this one. */
export function readKinds(): readonly Kind[] {
  return [...CRD_FOLDERS.map(readCrd), ...CORE_FOLDERS.map(readCore)]
}

function readCrd(folder: string): Kind {
  const crd = parse(readFileSync(new URL(`${folder}/crd.yaml`, import.meta.url), 'utf8')) as CrdFile
  const version = crd.spec.versions[0]
  if (version === undefined) throw new Error(`${folder}/crd.yaml has no version; it needs exactly one`)
  return {
    kind: crd.spec.names.kind,
    apiVersion: API_VERSION,
    scope: crd.spec.scope,
    schema: version.schema.openAPIV3Schema,
  }
}

function readCore(folder: string): Kind {
  const file = parse(readFileSync(new URL(`${folder}/schema.yaml`, import.meta.url), 'utf8')) as CoreFile
  return { ...file.of, scope: 'Namespaced', schema: file.openAPIV3Schema }
}
