// The keys of a cluster: an authority, a certificate for each component (the subject is its user and group in the API),
// and the key pair that signs ServiceAccount tokens.
import { execFileSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CLUSTER_DOMAIN, NODE_NAME, type Place } from './place.ts'

/** User and groups of a certificate, as Kubernetes reads them: common name and organisation. */
const CLIENTS = {
  admin: '/O=system:masters/CN=admin',
  'controller-manager': '/CN=system:kube-controller-manager',
  scheduler: '/CN=system:kube-scheduler',
  node: `/O=system:nodes/CN=system:node:${NODE_NAME}`,
  'kube-proxy': '/CN=system:kube-proxy',
  coredns: '/O=system:masters/CN=coredns',
  'apiserver-to-kubelet': '/O=system:masters/CN=kube-apiserver-kubelet-client',
} as const

export type Client = keyof typeof CLIENTS

export interface Keys {
  readonly folder: string
  readonly authority: string
  certificate(name: Client | 'apiserver' | 'kubelet'): string
  key(name: Client | 'apiserver' | 'kubelet'): string
  readonly accountPrivate: string
  readonly accountPublic: string
}

export function makeKeys(directory: string, place: Place): Keys {
  const keys = keysIn(directory)
  mkdirSync(keys.folder, { recursive: true, mode: 0o700 })
  const configuration = join(keys.folder, 'openssl.cnf')
  writeFileSync(configuration, '[req]\ndistinguished_name = name\n[name]\n') // the machine's own adds what we do not ask for
  const issue = (name: string, subject: string, ...more: readonly string[]): void => {
    const files = ['-keyout', join(keys.folder, `${name}.key`), '-out', join(keys.folder, `${name}.crt`)]
    const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '365']
    execFileSync('openssl', ['req', '-config', configuration, '-x509', ...kind, ...files, '-subj', subject, ...more], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
  }
  issue(
    'ca',
    '/CN=sallyport-test-cluster',
    ...extension('basicConstraints=critical,CA:TRUE'),
    ...extension('keyUsage=critical,keyCertSign,cRLSign'),
  )
  const signed = ['-CA', keys.authority, '-CAkey', join(keys.folder, 'ca.key')]
  for (const [name, subject] of Object.entries(CLIENTS))
    issue(name, subject, ...signed, ...extension('extendedKeyUsage=clientAuth'))
  const servers = {
    apiserver: [
      place.node,
      place.apiService,
      '127.0.0.1',
      'kubernetes',
      'kubernetes.default',
      'kubernetes.default.svc',
      `kubernetes.default.svc.${CLUSTER_DOMAIN}`,
      'localhost',
    ],
    kubelet: [place.node, NODE_NAME],
  }
  for (const [name, hosts] of Object.entries(servers)) {
    const names = hosts.map((host) => (/^[\d.]+$/.test(host) ? `IP:${host}` : `DNS:${host}`)).join(',')
    issue(
      name,
      `/CN=${name}`,
      ...signed,
      ...extension('extendedKeyUsage=serverAuth'),
      ...extension(`subjectAltName=${names}`),
    )
  }
  const account = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
  writeFileSync(keys.accountPrivate, account.privateKey, { mode: 0o600 })
  writeFileSync(keys.accountPublic, account.publicKey)
  return keys
}

export function keysIn(directory: string): Keys {
  const folder = join(directory, 'keys')
  return {
    folder,
    authority: join(folder, 'ca.crt'),
    certificate: (name) => join(folder, `${name}.crt`),
    key: (name) => join(folder, `${name}.key`),
    accountPrivate: join(folder, 'accounts.key'),
    accountPublic: join(folder, 'accounts.pub'),
  }
}

function extension(value: string): readonly string[] {
  return ['-addext', value]
}
