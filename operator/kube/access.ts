// How the API server is reached and who we are to it: read from the pod we run in, or from KUBECONFIG. Read again every
// minute, because tokens and certificates are rotated in place.
import type { Agent } from 'node:http'
import { ApiError } from './api-error.ts'
import { inClusterAccess } from './in-cluster.ts'

export interface Access {
  readonly server: URL
  readonly tls: TlsMaterial
  /** Headers that say who we are. */
  readonly headers: Readonly<Record<string, string>>
  /** Where a proxy leads to the API server, its connections. */
  readonly proxy?: Agent
}

export interface TlsMaterial {
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
  readonly servername?: string
  readonly rejectUnauthorized?: boolean
}

/** `fresh` after the API server refused what it gave last. */
export type LoadAccess = (fresh: boolean) => Promise<Access>

/** KUBECONFIG where it is set, else the pod's ServiceAccount, else the user's own kubeconfig. */
export async function findAccess(environment: Readonly<Record<string, string | undefined>>): Promise<LoadAccess> {
  const configured = environment['KUBECONFIG'] ?? ''
  const host = environment['KUBERNETES_SERVICE_HOST']
  if (configured === '' && host !== undefined && host !== '')
    return inClusterAccess(host, environment['KUBERNETES_SERVICE_PORT'] ?? '443')
  const home = environment['HOME'] ?? ''
  const path = configured !== '' ? configured : home === '' ? '' : `${home}/.kube/config`
  if (path === '')
    throw misconfigured('there is neither KUBECONFIG nor a ServiceAccount: set KUBECONFIG or run in a pod')
  // Only here, because the package costs 80 MB of memory, which a pod never needs.
  const { kubeconfigAccess } = await import('./kubeconfig.ts')
  return kubeconfigAccess(path)
}

export function misconfigured(message: string, cause?: unknown): ApiError {
  return new ApiError(message, { code: 0, reason: 'BadConfiguration', cause })
}
