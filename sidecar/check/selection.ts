// Whom and what a policy selects: the Connections it names or describes, the IdentityProvider it asks a token of.
import type { Path } from '#crds/finding.ts'
import type { AccessPolicy, ClusterAccessPolicy, Connection } from '#crds/types.gen.ts'
import { selectsAnyConnection, selectsOwnConnection } from '#sidecar/policy/select.ts'
import type { Named } from './beside.ts'
import type { Report } from './fault.ts'
import { choices } from './names.ts'
import type { ProtocolFacts } from './protocol-facts.ts'

export type Policy = AccessPolicy | ClusterAccessPolicy

export interface PolicyContext {
  readonly protocols: ReadonlyMap<string, ProtocolFacts>
  readonly connections: Named<unknown>
  readonly identityProviders: Named<unknown>
  readonly report: Report
  /** `namespace/name` of Connections that are there and refused: their own findings say enough. */
  readonly broken: { has(key: string): boolean; readonly size: number }
}

/** What of a Connection policies select by. */
export type Selectable = Pick<Connection, 'metadata'> & { readonly spec?: Pick<Connection['spec'], 'protocol'> }

export function selects(policy: Policy, { metadata, spec }: Selectable): boolean {
  const reference = {
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    labels: metadata.labels ?? {},
    protocol: spec?.protocol ?? '',
  }
  if (policy.kind === 'ClusterAccessPolicy') return selectsAnyConnection(policy.spec.connections, reference)
  const { connections: names, connectionSelector } = policy.spec
  return selectsOwnConnection(policy.metadata.namespace ?? '', names, connectionSelector, reference)
}

/** `namespace/name` of the Connections that a policy names, with the place of each. */
export function namedConnections(policy: Policy): readonly (readonly [Path, string])[] {
  const namespace = policy.metadata.namespace ?? ''
  if (policy.kind === 'AccessPolicy')
    return (policy.spec.connections ?? []).map((name, index) => [
      ['spec', 'connections', index],
      `${namespace}/${name}`,
    ])
  return policy.spec.connections.flatMap((one, index) =>
    one.name === undefined ? [] : [[['spec', 'connections', index, 'name'], `${one.namespace}/${one.name}`] as const],
  )
}

export function checkSelection(
  policy: Policy,
  selectsAny: boolean,
  { connections, report, broken }: PolicyContext,
): void {
  const known = connections.names()
  const listed = known === undefined ? '' : choices(known, '')
  const allowed = listed === '' ? undefined : listed
  const absent = namedConnections(policy).filter(([, name]) => connections.get(name) === undefined)
  for (const [path, name] of absent) {
    if (!broken.has(name)) report.error(policy, 'ConnectionNotFound', path, `there is no Connection ${name}`, allowed)
  }
  if (selectsAny || absent.length > 0 || broken.size > 0) return
  report.warning(policy, ['spec'], 'selects no Connection', allowed)
}

export function checkIdentity(policy: Policy, { identityProviders, report }: PolicyContext): void {
  const provider = policy.spec.agents.identity?.provider
  if (provider === undefined || identityProviders.get(provider) !== undefined) return
  const at = ['spec', 'agents', 'identity', 'provider']
  const known = identityProviders.names()
  const allowed = known === undefined ? undefined : choices(known, 'there are no IdentityProviders')
  report.error(policy, 'IdentityProviderNotFound', at, `there is no IdentityProvider ${provider}`, allowed)
}
