// The cluster that commands look at: the one of KUBECONFIG, or the one that they run in.
import { findAccess } from '#operator/kube/access.ts'
import { ApiError } from '#operator/kube/api-error.ts'
import { Client } from '#operator/kube/client.ts'
import { HttpTransport } from '#operator/kube/http-transport.ts'
import type { Transport } from '#operator/kube/transport.ts'
import { messageOf } from '#sidecar/system-reason.ts'

export interface Cluster {
  readonly api: Client
  /** For what is no object: the API server's version. */
  readonly transport: Transport
}

export async function openCluster(): Promise<Cluster> {
  const transport = new HttpTransport(await findAccess(process.env))
  return { api: new Client({ transport }), transport }
}

/** For people, who act under their own name: what the operator would be advised to is not for them. */
export function reasonOf(error: unknown): string {
  if (error instanceof ApiError && error.code === 403) return `${error.problem}; ask for the right to do that`
  return messageOf(error)
}
