// Whom and what a policy selects: the Connections it names or describes, the IdentityProvider it asks a token of.
import type { Path } from '#crds/finding.ts'
import type { Loaded, Resources } from '#crds/load.ts'
import type { AccessPolicy, ClusterAccessPolicy, Connection } from '#crds/types.gen.ts'
import { selectsAnyConnection, selectsOwnConnection } from '#sidecar/policy/select.ts'
import type { ProtocolFacts } from './protocol-facts.ts'
import { choices, nameOf, type Reporter } from './reporter.ts'

export type LoadedPolicy = Loaded<AccessPolicy> | Loaded<ClusterAccessPolicy>

export interface PolicyContext {
  readonly resources: Resources
  readonly protocols: ReadonlyMap<string, ProtocolFacts>
  readonly report: Reporter
  /** `namespace/name` of Connections that are there and refused: their own findings say enough. */
  readonly broken: ReadonlySet<string>
}

export function selectedBy(
  { resource }: LoadedPolicy,
  connections: readonly Loaded<Connection>[],
): readonly Loaded<Connection>[] {
  return connections.filter((connection) => {
    const { metadata, spec } = connection.resource
    const reference = {
      namespace: metadata.namespace ?? '',
      name: metadata.name,
      labels: metadata.labels ?? {},
      protocol: spec.protocol,
    }
    if (resource.kind === 'ClusterAccessPolicy') return selectsAnyConnection(resource.spec.connections, reference)
    const { connections: names, connectionSelector } = resource.spec
    return selectsOwnConnection(resource.metadata.namespace ?? '', names, connectionSelector, reference)
  })
}

export function checkSelection(
  policy: LoadedPolicy,
  selected: readonly Loaded[],
  { resources, report, broken }: PolicyContext,
): void {
  const known = new Set(resources.connections.map(nameOf))
  const { resource } = policy
  const namespace = resource.metadata.namespace ?? ''
  const wanted: (readonly [Path, string])[] =
    resource.kind === 'AccessPolicy'
      ? (resource.spec.connections ?? []).map((name, index) => [['spec', 'connections', index], `${namespace}/${name}`])
      : resource.spec.connections.flatMap((one, index) =>
          one.name === undefined
            ? []
            : [[['spec', 'connections', index, 'name'], `${one.namespace}/${one.name}`] as const],
        )
  const allowed = known.size === 0 ? undefined : choices(known, '')
  const absent = wanted.filter(([, name]) => !known.has(name))
  for (const [path, name] of absent) {
    if (!broken.has(name)) report.error(policy, path, `there is no Connection ${name}`, allowed)
  }
  if (selected.length > 0 || absent.length > 0 || broken.size > 0) return
  report.warning(policy, ['spec'], 'selects no Connection', allowed)
}

export function checkIdentity(policy: LoadedPolicy, { resources, report }: PolicyContext): void {
  const provider = policy.resource.spec.agents.identity?.provider
  if (provider === undefined) return
  const known = resources.identityProviders.map(({ resource }) => resource.metadata.name)
  if (known.includes(provider)) return
  const at = ['spec', 'agents', 'identity', 'provider']
  report.error(policy, at, `there is no IdentityProvider ${provider}`, choices(known, 'there are no IdentityProviders'))
}
