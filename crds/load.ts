// A directory of manifests → resources, validated as the API server would, with the place where each one stands.

import { type ManifestDocument, type Position, parseManifests } from './documents.ts'
import { manifestFiles } from './files.ts'
import { type Fault, type Finding, fieldOf, type Path } from './finding.ts'
import type { Resource } from './resource.ts'
import { API_VERSION } from './schema.ts'
import type {
  AccessPolicy,
  ApprovalRequest,
  ClusterAccessPolicy,
  ConfigMap,
  Connection,
  EndpointGrant,
  IdentityProvider,
  Secret,
} from './types.gen.ts'
import { Validator } from './validate.ts'

export interface Loaded<T extends Resource = Resource> {
  /** With defaults set; namespaced kinds have a namespace, `default` where the file names none. */
  readonly resource: T
  readonly origin: { readonly file: string; readonly line: number }
  /** Where a field stands, for what is found out later. */
  position(path: Path): Position
}

/** As much as can be read of it; `reason` is its first finding. */
export interface Rejected {
  readonly kind: string
  readonly namespace?: string
  readonly name?: string
  readonly file: string
  readonly line: number
  readonly reason: string
}

export interface Resources {
  readonly connections: readonly Loaded<Connection>[]
  readonly accessPolicies: readonly Loaded<AccessPolicy>[]
  readonly clusterAccessPolicies: readonly Loaded<ClusterAccessPolicy>[]
  readonly endpointGrants: readonly Loaded<EndpointGrant>[]
  readonly approvalRequests: readonly Loaded<ApprovalRequest>[]
  readonly identityProviders: readonly Loaded<IdentityProvider>[]
  readonly secrets: readonly Loaded<Secret>[]
  readonly configMaps: readonly Loaded<ConfigMap>[]
}

export interface Manifests {
  readonly resources: Resources
  /** In the order of the files. A resource with a finding is not among the resources. */
  readonly findings: readonly Finding[]
  /** Resources of our kinds that are refused: their content is not to be trusted, their existence may matter. */
  readonly rejected: readonly Rejected[]
  /** Documents of other API groups, which are nobody's business here: `file:line: kind`. */
  readonly skipped: readonly string[]
  /** How many manifest files were looked at. */
  readonly files: number
}

export async function loadManifests(directory: string, validator = compiledOnce()): Promise<Manifests> {
  const loader = new Loader(validator)
  let files = 0
  for await (const { file, text, problem } of manifestFiles(directory)) {
    files += 1
    if (text === undefined)
      loader.report(file, { line: 1, column: 1 }, { path: [], message: problem ?? 'cannot be read' })
    else loader.add(file, text)
  }
  const { loaded, findings, rejected, skipped } = loader
  return { resources: byKind(loaded), findings, rejected, skipped, files }
}

let compiled: Validator | undefined

/** Rules are compiled at the first load and kept: a gateway loads again at every change. */
function compiledOnce(): Validator {
  compiled ??= new Validator()
  return compiled
}

class Loader {
  readonly loaded: Loaded[] = []
  readonly findings: Finding[] = []
  readonly rejected: Rejected[] = []
  readonly skipped: string[] = []
  readonly #validator: Validator
  readonly #seen = new Map<string, string>()

  constructor(validator: Validator) {
    this.#validator = validator
  }

  add(file: string, text: string): void {
    const { documents, problems } = parseManifests(text)
    for (const { message, ...position } of problems) this.report(file, position, { path: [], message })
    for (const document of documents) for (const item of unwrapped(document)) this.#addDocument(file, item)
  }

  report(file: string, { line, column }: Position, { path, message, allowed }: Fault): void {
    const base = { severity: 'error', file, line, column, field: fieldOf(path), message } as const
    this.findings.push(allowed === undefined ? base : { ...base, allowed })
  }

  #addDocument(file: string, document: ManifestDocument): void {
    const { line } = document.position([])
    const validation = this.#validator.validate(document.value)
    if (validation === undefined) {
      this.skipped.push(`${file}:${line}: ${String(Object(document.value)['kind'])}`)
      return
    }
    for (const fault of validation.faults) this.report(file, document.position(fault.path), fault)
    if (!validation.resource) {
      this.rejected.push(rejected(document.value, { file, line }, validation.faults))
      return
    }
    const resource = validation.resource
    const identity = `${resource.kind} ${[resource.metadata.namespace, resource.metadata.name].filter(Boolean).join('/')}`
    const first = this.#seen.get(identity)
    if (first !== undefined) {
      const fault = {
        path: ['metadata', 'name'],
        message: `${identity} is there already, in ${first}`,
        allowed: 'each name once for a kind and namespace',
      }
      this.report(file, document.position(fault.path), fault)
      // Nobody can tell which of the two is meant.
      this.rejected.push(rejected(resource, { file, line }, [fault]))
      return
    }
    this.#seen.set(identity, `${file}:${line}`)
    this.loaded.push({ resource, origin: { file, line }, position: document.position })
  }
}

function rejected(
  document: unknown,
  origin: { readonly file: string; readonly line: number },
  faults: readonly Fault[],
): Rejected {
  const { kind, metadata } = Object(document) as Readonly<Record<string, unknown>>
  const { namespace, name } = Object(metadata) as Readonly<Record<string, unknown>>
  const [first] = faults
  return {
    kind: String(kind),
    ...(typeof namespace === 'string' ? { namespace } : {}),
    ...(typeof name === 'string' ? { name } : {}),
    ...origin,
    reason: first === undefined ? 'refused' : `${fieldOf(first.path)}: ${first.message}`,
  }
}

/** A `kind: List`, as `kubectl get -o yaml` prints it, is its items. */
function unwrapped(document: ManifestDocument): readonly ManifestDocument[] {
  const { apiVersion, kind, items } = Object(document.value) as Readonly<Record<string, unknown>>
  const isList =
    (apiVersion === 'v1' && kind === 'List') || (apiVersion === API_VERSION && String(kind).endsWith('List'))
  if (!isList || !Array.isArray(items)) return [document]
  return items.map((value, index) => ({ value, position: (path) => document.position(['items', index, ...path]) }))
}

function byKind(loaded: readonly Loaded[]): Resources {
  const of = <K extends Resource['kind']>(kind: K) =>
    loaded.filter((one): one is Loaded<Extract<Resource, { kind: K }>> => one.resource.kind === kind)
  return {
    connections: of('Connection'),
    accessPolicies: of('AccessPolicy'),
    clusterAccessPolicies: of('ClusterAccessPolicy'),
    endpointGrants: of('EndpointGrant'),
    approvalRequests: of('ApprovalRequest'),
    identityProviders: of('IdentityProvider'),
    secrets: of('Secret'),
    configMaps: of('ConfigMap'),
  }
}
