// Access as a kubeconfig says: certificates, tokens, exec and OIDC plugins, proxies. The one file that imports
// @kubernetes/client-node, and of it only this class: it knows all those forms.
import { existsSync } from 'node:fs'
import type { Agent, RequestOptions } from 'node:https'
import { KubeConfig } from '@kubernetes/client-node/dist/config.js'
import { type Access, type LoadAccess, misconfigured, type TlsMaterial } from './access.ts'

/** `path` is what KUBECONFIG holds: one file, or several with colons between. */
export function kubeconfigAccess(path: string): LoadAccess {
  let config: KubeConfig | undefined
  return async (fresh) => {
    try {
      // Kept, because it remembers what a plugin gave; read again where that was refused.
      if (config === undefined || fresh) config = load(path)
      return await accessOf(config)
    } catch (error) {
      config = undefined
      throw misconfigured(
        `kubeconfig ${path}: ${error instanceof Error ? firstLine(error.message) : 'unreadable'}`,
        error,
      )
    }
  }
}

function load(path: string): KubeConfig {
  const [first = '', ...others] = path.split(':').filter((file) => file !== '')
  const config = fromFile(first)
  for (const file of others) config.mergeConfig(fromFile(file))
  return config
}

function fromFile(file: string): KubeConfig {
  if (!existsSync(file)) throw new Error('there is no such file; set KUBECONFIG to one that is there')
  const config = new KubeConfig()
  config.loadFromFile(file)
  return config
}

async function accessOf(config: KubeConfig): Promise<Access> {
  const cluster = config.getCurrentCluster()
  if (cluster === null)
    throw new Error(`its current-context (${config.getCurrentContext() || 'none'}) names no cluster`)
  const options: RequestOptions = {}
  await config.applyToHTTPSOptions(options)
  const proxied = cluster.proxyUrl !== undefined && cluster.proxyUrl !== ''
  return {
    server: serverOf(cluster.server),
    tls: tlsOf(options),
    headers: headersOf(options),
    ...(proxied && isAgent(options.agent) ? { proxy: options.agent } : {}),
  }
}

function serverOf(text: string): URL {
  const server = URL.parse(text)
  if (server === null) throw new Error(`the server of its cluster (${text}) is no URL`)
  return server
}

function tlsOf({ ca, cert, key, servername, rejectUnauthorized }: RequestOptions): TlsMaterial {
  return {
    ...pem('ca', ca),
    ...pem('cert', cert),
    ...pem('key', key),
    ...(servername === undefined ? {} : { servername }),
    ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
  }
}

function pem(name: 'ca' | 'cert' | 'key', value: unknown): TlsMaterial {
  if (typeof value === 'string') return { [name]: value }
  return Buffer.isBuffer(value) ? { [name]: value.toString('utf8') } : {}
}

function headersOf({ headers, auth }: RequestOptions): Readonly<Record<string, string>> {
  const given = headers === undefined || Array.isArray(headers) ? {} : headers
  const texts = Object.entries(given).flatMap(([name, value]) =>
    typeof value === 'string' ? [[name.toLowerCase(), value] as const] : [],
  )
  const basic = typeof auth === 'string' ? { authorization: `Basic ${Buffer.from(auth).toString('base64')}` } : {}
  return { ...Object.fromEntries(texts), ...basic }
}

function isAgent(agent: RequestOptions['agent']): agent is Agent {
  return typeof agent === 'object'
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? ''
}
