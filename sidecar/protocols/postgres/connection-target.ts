// Where a Connection leads, and how the gateway logs in there.
import type { ResolveHost } from '#sidecar/net/resolve.ts'
import { type ConfiguredConnection, connectionKey } from '#sidecar/services.ts'
import type { ConnectionSettings } from './settings.ts'
import type { Target } from './upstream/target.ts'

export function targetOf(
  connection: ConfiguredConnection,
  settings: ConnectionSettings,
  resolve?: ResolveHost,
): Target {
  const { spec, credentials, ca } = connection
  const [endpoint] = spec.endpoints
  if (!endpoint) throw new TypeError(`Connection ${connectionKey(connection)} has no endpoint`)
  const host = endpoint.upstream?.host ?? endpoint.host
  return {
    host,
    port: endpoint.upstream?.port ?? endpoint.port,
    resolve,
    tls: {
      mode: spec.tls.mode,
      ca,
      serverName: spec.tls.serverName,
      cert: credentials.get('tls.crt'),
      key: credentials.get('tls.key'),
    },
    credentials: { username: credentials.get('username') ?? '', password: credentials.get('password') },
    authMethods: settings.authMethods,
  }
}
