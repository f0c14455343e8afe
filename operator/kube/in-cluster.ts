// Access with the pod's own ServiceAccount. The kubelet replaces the token file long before the token expires.
import { readFile } from 'node:fs/promises'
import { isIPv6 } from 'node:net'
import { type Access, type LoadAccess, misconfigured } from './access.ts'

const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount'

export function inClusterAccess(host: string, port: string, account: string = ACCOUNT): LoadAccess {
  const server = new URL(`https://${isIPv6(host) ? `[${host}]` : host}:${port}`)
  return async (): Promise<Access> => {
    const [token, ca] = await Promise.all([read(`${account}/token`), read(`${account}/ca.crt`)])
    return { server, tls: { ca }, headers: { authorization: `Bearer ${token.trim()}` } }
  }
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw misconfigured(`cannot read ${path}: the pod needs its ServiceAccount's token mounted`, error)
  }
}
