// A Connection by itself and with what it refers to: protocol, settings, Secret, certificates.
import type { ConfigMap, Connection, Secret } from '#crds/types.gen.ts'
import type { Named } from './beside.ts'
import type { Report } from './fault.ts'
import { choices, keyOf } from './names.ts'
import type { ProtocolFacts } from './protocol-facts.ts'
import { settingsFaults } from './settings.ts'

export const CREDENTIALS_TYPE = 'sallyport.dev/credentials'

export interface ConnectionContext {
  readonly protocols: ReadonlyMap<string, ProtocolFacts>
  readonly secrets: Named<Secret>
  readonly configMaps: Named<ConfigMap>
  readonly report: Report
}

export function checkConnection(connection: Connection, context: ConnectionContext): void {
  const { protocols, report } = context
  const { spec } = connection
  const protocol = protocols.get(spec.protocol)
  if (protocol === undefined) {
    const known = choices(protocols.keys(), 'none')
    const message = `this version has no gateway for ${spec.protocol}`
    report.error(connection, 'UnsupportedProtocol', ['spec', 'protocol'], message, known)
  } else {
    for (const { path, message, allowed } of settingsFaults(protocol, spec.settings ?? {})) {
      report.error(connection, 'InvalidSettings', ['spec', 'settings', ...path], message, allowed)
    }
    for (const { path, message, allowed } of protocol.faults?.(spec) ?? []) {
      report.error(connection, 'InvalidSettings', path, message, allowed)
    }
    checkCredentials(connection, protocol, context)
  }
  checkAuthority(connection, context)
}

function checkCredentials(connection: Connection, protocol: ProtocolFacts, context: ConnectionContext): void {
  const { secrets, report } = context
  const reference = connection.spec.credentials?.secretRef
  const required = protocol.credentials.filter((key) => key.required).map(({ key }) => key)
  if (reference === undefined) {
    if (required.length === 0) return
    const message = `${protocol.name} needs credentials with ${required.join(' and ')}`
    report.error(connection, 'CredentialsMissing', ['spec', 'credentials'], message, 'secretRef: {name: …}')
    return
  }
  const at = ['spec', 'credentials', 'secretRef', 'name']
  const namespace = namespaceOf(connection)
  const secret = secrets.get(`${namespace}/${reference.name}`)
  if (secret === undefined) {
    const names = secrets.names(namespace)
    const allowed = among(names, 'there is no Secret in this namespace')
    // Who does not name them watches those of the type only: one of another type may be there.
    const known = names === undefined ? ` of type ${CREDENTIALS_TYPE}` : ''
    const message = `there is no Secret ${reference.name}${known} in namespace ${namespace}`
    report.error(connection, 'SecretNotFound', at, message, allowed)
    return
  }
  if (secret.type !== CREDENTIALS_TYPE) {
    const message = `Secret ${reference.name} has type ${secret.type}; the gateway reads no other than its own`
    report.error(connection, 'InvalidSecret', at, message, CREDENTIALS_TYPE)
  }
  checkKeys(connection, protocol, secret, required, report)
}

function checkKeys(
  connection: Connection,
  protocol: ProtocolFacts,
  secret: Secret,
  required: readonly string[],
  report: Report,
): void {
  const values = { ...secret.data, ...secret.stringData }
  const described = protocol.credentials.map(({ key, description }) => `${key} (${description})`).join(', ')
  for (const key of required) {
    if ((values[key] ?? '') !== '') continue
    const state = key in values ? 'is empty' : 'is missing'
    const message = `key ${key} ${state} in Secret ${keyOf(secret)}, and ${protocol.name} needs it`
    report.error(connection, 'InvalidSecret', ['spec', 'credentials', 'secretRef', 'name'], message, described)
  }
  const known = new Set(protocol.credentials.map(({ key }) => key))
  for (const part of ['data', 'stringData'] as const) {
    for (const key of Object.keys(secret[part] ?? {})) {
      if (known.has(key)) continue
      const message = `key ${key} is not used by ${protocol.name} (${keyOf(connection)})`
      report.warning(secret, [part, key], message, described)
    }
  }
}

function checkAuthority(connection: Connection, { configMaps, report }: ConnectionContext): void {
  const reference = connection.spec.tls.caRef?.configMap
  if (reference === undefined) return
  const at = ['spec', 'tls', 'caRef', 'configMap']
  const namespace = namespaceOf(connection)
  const map = configMaps.get(`${namespace}/${reference.name}`)
  if (map === undefined) {
    const allowed = among(configMaps.names(namespace), 'there is no ConfigMap in this namespace')
    const message = `there is no ConfigMap ${reference.name} in namespace ${namespace}`
    report.error(connection, 'ConfigMapNotFound', [...at, 'name'], message, allowed)
    return
  }
  const value = map.data?.[reference.key]
  if (value === undefined) {
    const allowed = choices(Object.keys(map.data ?? {}), 'it has no keys')
    const message = `ConfigMap ${keyOf(map)} has no key ${reference.key}`
    report.error(connection, 'InvalidConfigMap', [...at, 'key'], message, allowed)
  } else if (!value.includes('-----BEGIN CERTIFICATE-----')) {
    const message = `key ${reference.key} of ConfigMap ${keyOf(map)} holds no certificate`
    report.error(connection, 'InvalidConfigMap', [...at, 'key'], message, 'PEM: -----BEGIN CERTIFICATE-----')
  }
}

export function namespaceOf({ metadata }: { readonly metadata: { readonly namespace?: string } }): string {
  return metadata.namespace ?? ''
}

function among(names: Iterable<string> | undefined, none: string): string | undefined {
  return names === undefined ? undefined : choices(names, none)
}
