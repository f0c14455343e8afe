// A Connection by itself and with what it refers to: protocol, settings, Secret, certificates, host.
import type { Loaded, Resources } from '#crds/load.ts'
import type { ConfigMap, Connection, EndpointGrantSpec, Secret } from '#crds/types.gen.ts'
import { compileGlob } from '#sidecar/policy/match.ts'
import type { ProtocolFacts } from './protocol-facts.ts'
import { choices, nameOf, type Reporter } from './reporter.ts'
import type { SettingsCheck } from './settings.ts'

const CREDENTIALS_TYPE = 'sallyport.dev/credentials'

export interface ConnectionContext {
  readonly resources: Resources
  readonly protocols: ReadonlyMap<string, ProtocolFacts>
  readonly settings: SettingsCheck
  readonly report: Reporter
}

export function checkConnection(connection: Loaded<Connection>, context: ConnectionContext): void {
  const { protocols, settings, report } = context
  const { spec } = connection.resource
  const protocol = protocols.get(spec.protocol)
  if (protocol === undefined) {
    const known = choices(protocols.keys(), 'none')
    report.error(connection, ['spec', 'protocol'], `this version has no gateway for ${spec.protocol}`, known)
  } else {
    for (const { path, message, allowed } of settings.faults(protocol, spec.settings ?? {})) {
      report.error(connection, ['spec', 'settings', ...path], message, allowed)
    }
    checkCredentials(connection, protocol, context)
  }
  checkAuthority(connection, context)
  checkHosts(connection, context)
}

function checkCredentials(connection: Loaded<Connection>, protocol: ProtocolFacts, context: ConnectionContext): void {
  const { resources, report } = context
  const reference = connection.resource.spec.credentials?.secretRef
  const required = protocol.credentials.filter((key) => key.required).map(({ key }) => key)
  if (reference === undefined) {
    if (required.length === 0) return
    const message = `${protocol.name} needs credentials with ${required.join(' and ')}`
    report.error(connection, ['spec', 'credentials'], message, 'secretRef: {name: …}')
    return
  }
  const at = ['spec', 'credentials', 'secretRef', 'name']
  const secret = inSameNamespace(connection, resources.secrets, reference.name)
  if (secret === undefined) {
    const allowed = choices(namesBeside(connection, resources.secrets), 'there is no Secret in this namespace')
    report.error(
      connection,
      at,
      `there is no Secret ${reference.name} in namespace ${namespaceOf(connection)}`,
      allowed,
    )
    return
  }
  if (secret.resource.type !== CREDENTIALS_TYPE) {
    const message = `Secret ${reference.name} has type ${secret.resource.type}; the gateway reads no other than its own`
    report.error(connection, at, message, CREDENTIALS_TYPE)
  }
  checkKeys(connection, protocol, secret, required, report)
}

function checkKeys(
  connection: Loaded<Connection>,
  protocol: ProtocolFacts,
  secret: Loaded<Secret>,
  required: readonly string[],
  report: Reporter,
): void {
  const values = { ...secret.resource.data, ...secret.resource.stringData }
  const described = protocol.credentials.map(({ key, description }) => `${key} (${description})`).join(', ')
  for (const key of required) {
    if ((values[key] ?? '') !== '') continue
    const state = key in values ? 'is empty' : 'is missing'
    const message = `key ${key} ${state} in Secret ${nameOf(secret)}, and ${protocol.name} needs it`
    report.error(connection, ['spec', 'credentials', 'secretRef', 'name'], message, described)
  }
  const known = new Set(protocol.credentials.map(({ key }) => key))
  for (const part of ['data', 'stringData'] as const) {
    for (const key of Object.keys(secret.resource[part] ?? {})) {
      if (known.has(key)) continue
      report.warning(
        secret,
        [part, key],
        `key ${key} is not used by ${protocol.name} (${nameOf(connection)})`,
        described,
      )
    }
  }
}

function checkAuthority(connection: Loaded<Connection>, { resources, report }: ConnectionContext): void {
  const reference = connection.resource.spec.tls.caRef?.configMap
  if (reference === undefined) return
  const at = ['spec', 'tls', 'caRef', 'configMap']
  const map = inSameNamespace(connection, resources.configMaps, reference.name)
  if (map === undefined) {
    const allowed = choices(namesBeside(connection, resources.configMaps), 'there is no ConfigMap in this namespace')
    const message = `there is no ConfigMap ${reference.name} in namespace ${namespaceOf(connection)}`
    report.error(connection, [...at, 'name'], message, allowed)
    return
  }
  const value = map.resource.data?.[reference.key]
  if (value === undefined) {
    const allowed = choices(Object.keys(map.resource.data ?? {}), 'it has no keys')
    report.error(connection, [...at, 'key'], `ConfigMap ${nameOf(map)} has no key ${reference.key}`, allowed)
  } else if (!value.includes('-----BEGIN CERTIFICATE-----')) {
    report.error(
      connection,
      [...at, 'key'],
      `key ${reference.key} of ConfigMap ${nameOf(map)} holds no certificate`,
      'PEM: -----BEGIN CERTIFICATE-----',
    )
  }
}

/** In-cluster hosts belong to their namespace; others need an EndpointGrant, where the directory has any. */
function checkHosts(connection: Loaded<Connection>, { resources, report }: ConnectionContext): void {
  const own = namespaceOf(connection)
  const { endpoints, protocol } = connection.resource.spec
  for (const [index, { host, port }] of endpoints.entries()) {
    const at = ['spec', 'endpoints', index, 'host']
    const namespace = /[.]([^.]+)[.]svc([.]cluster[.]local)?$/.exec(host)?.[1]
    if (namespace === own) continue
    if (namespace !== undefined) {
      const message = `${host} belongs to namespace ${namespace}; a Connection of namespace ${own} cannot claim it`
      report.error(connection, at, message, `*.${own}.svc, or a Connection in namespace ${namespace}`)
    } else if (
      resources.endpointGrants.length > 0 &&
      !resources.endpointGrants.some(({ resource: { spec } }) => grants(spec, { host, port, protocol, namespace: own }))
    ) {
      report.warning(
        connection,
        at,
        `no EndpointGrant here lets namespace ${own} claim ${host}:${port} for ${protocol}`,
      )
    }
  }
}

/** A grant by namespaceSelector could be meant for any namespace: their labels are not in files. */
function grants(
  grant: EndpointGrantSpec,
  claim: { readonly host: string; readonly port: number; readonly protocol: string; readonly namespace: string },
): boolean {
  return (
    grant.ports.includes(claim.port) &&
    grant.protocols.some((protocol) => protocol === claim.protocol) &&
    (grant.namespaces === undefined || grant.namespaces.includes(claim.namespace)) &&
    grant.hosts.map(compileGlob).some((matches) => matches(claim.host))
  )
}

export function namespaceOf({ resource }: Loaded): string {
  return resource.metadata.namespace ?? ''
}

function inSameNamespace<T extends Secret | ConfigMap>(
  connection: Loaded<Connection>,
  candidates: readonly Loaded<T>[],
  name: string,
): Loaded<T> | undefined {
  return candidates.find((one) => namespaceOf(one) === namespaceOf(connection) && one.resource.metadata.name === name)
}

function namesBeside(connection: Loaded<Connection>, candidates: readonly Loaded[]): string[] {
  return candidates
    .filter((one) => namespaceOf(one) === namespaceOf(connection))
    .map(({ resource }) => resource.metadata.name)
}
