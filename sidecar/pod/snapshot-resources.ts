// A snapshot's documents as resources. The operator sends what the API server gave it, but the two may be of different versions:
// so each document is validated with our own schema, and one that we do not understand to the last field is not in force.
// A Connection of that kind takes no sessions, a policy denies what it selects, and the operator is told, which thinks it in force.
import type { ResourceDocument, Snapshot } from '#contracts/control/messages.ts'
import { type Fault, fieldOf } from '#crds/finding.ts'
import type {
  AccessPolicy,
  ClusterAccessPolicy,
  ConfigMap,
  Connection,
  IdentityProvider,
  Secret,
} from '#crds/types.gen.ts'
import { Validator } from '#crds/validate.ts'
import type { GatewayResources } from '#sidecar/gateway/configuration.ts'

export interface SnapshotResources extends GatewayResources {
  /** What of it the operator could read and this gateway cannot. */
  readonly unread: readonly string[]
}

export function snapshotResources(snapshot: Snapshot, validator = new Validator()): SnapshotResources {
  const invalid = new Map(Object.entries(snapshot.invalidPolicies))
  const connectionProblems = new Map(Object.entries(snapshot.connectionProblems))
  const ignored = new Map<string, string>()
  const unread: string[] = []
  const all = <T>(documents: readonly ResourceDocument[], problems: Map<string, string>): readonly T[] =>
    documents.flatMap((document) => {
      const validation = validator.validate(document)
      if (validation?.resource) return [validation.resource as T]
      const [name, why] = [nameIn(document), whyNot(validation?.faults)]
      if (!problems.has(name)) unread.push(`${String(document['kind'])} ${name}: ${why}`)
      problems.set(name, why)
      return []
    })
  return {
    connections: all<Connection>(snapshot.connections, connectionProblems),
    accessPolicies: all<AccessPolicy>(snapshot.accessPolicies, invalid),
    clusterAccessPolicies: all<ClusterAccessPolicy>(snapshot.clusterAccessPolicies, invalid),
    // What these are needed for does not resolve without them, and that denies.
    identityProviders: all<IdentityProvider>(snapshot.identityProviders, ignored),
    secrets: all<Secret>(snapshot.secrets, ignored),
    configMaps: all<ConfigMap>(snapshot.configMaps, ignored),
    invalid,
    connectionProblems,
    unread,
  }
}

/** `namespace/name`, or the bare name of what has no namespace. */
function nameIn({ metadata }: ResourceDocument): string {
  const { namespace, name } = Object(metadata) as { readonly namespace?: unknown; readonly name?: unknown }
  return typeof namespace === 'string' ? `${namespace}/${String(name)}` : String(name)
}

function whyNot(faults: readonly Fault[] | undefined): string {
  const [first] = faults ?? []
  if (!first)
    return 'this gateway does not know its kind: restart the pod to have the gateway of the operator’s version'
  return `${fieldOf(first.path)}: ${first.message} (restart the pod if the operator is newer than its gateway)`
}
