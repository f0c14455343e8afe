// Kubeconfig files: where the API server is and who asks. Everything is inside the file, so that it can be copied.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Client, Keys } from './certificates.ts'
import type { Place } from './place.ts'

export function kubeconfigFile(directory: string, client: Client): string {
  return client === 'admin' ? join(directory, 'kubeconfig') : join(directory, 'keys', `${client}.kubeconfig`)
}

export function writeKubeconfig(directory: string, client: Client, place: Place, keys: Keys): string {
  const inline = (file: string) => readFileSync(file).toString('base64')
  const file = kubeconfigFile(directory, client)
  const name = 'sallyport-test'
  const content = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    contexts: [{ name, context: { cluster: name, user: client } }],
    clusters: [{ name, cluster: { server: apiServer(place), 'certificate-authority-data': inline(keys.authority) } }],
    users: [
      {
        name: client,
        user: {
          'client-certificate-data': inline(keys.certificate(client)),
          'client-key-data': inline(keys.key(client)),
        },
      },
    ],
  }
  writeFileSync(file, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 }) // JSON is YAML
  return file
}

export function apiServer(place: Place): string {
  return `https://${place.node}:6443`
}
