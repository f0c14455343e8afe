// The operator as it runs in its image: one bundle, the image's options, and the pod's ServiceAccount. With a kubeconfig instead it would
// load what reads kubeconfig files, 80 MB that no pod has.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Cluster } from '#e2e/cluster/cluster.ts'
import { bundle } from '#images/bundle.ts'
import { executionOf } from '#images/images.ts'
import { kubeconfigAccess } from '#operator/kube/kubeconfig.ts'

export interface OperatorPod {
  readonly name: string
  readonly namespace: string
  readonly uid: string
}

/** In a mount namespace of its own, in which `/run` is empty but for the account. */
const AS_IN_A_POD = `
mount -t tmpfs none /run
mkdir -p /run/secrets/kubernetes.io
cp -r "$0" /run/secrets/kubernetes.io/serviceaccount
exec "$@"
`

/** `folder` is for the bundle and the account. The process is the operator itself. */
export async function startOperator(
  cluster: Cluster,
  { name, namespace, uid }: OperatorPod,
  { folder, settings }: { readonly folder: string; readonly settings: string },
): Promise<ChildProcess> {
  const account = join(folder, 'account')
  const { server } = await kubeconfigAccess(cluster.kubeconfig)(false)
  await writeAccount(cluster, namespace, account)
  await bundle('operator/main.ts', join(folder, 'app'))
  const { Entrypoint = [], Env = [] } = executionOf('sallyport-operator')
  const options = Entrypoint.filter((word) => word.startsWith('--'))
  const program = [process.execPath, ...options, join(folder, 'app/operator/main.js'), '--settings', settings]
  return spawn('unshare', ['--mount', 'sh', '-ec', AS_IN_A_POD, account, ...program], {
    env: {
      ...Object.fromEntries(Env.map((variable) => variable.split('=', 2))),
      PATH: process.env['PATH'],
      KUBERNETES_SERVICE_HOST: server.hostname,
      KUBERNETES_SERVICE_PORT: server.port,
      POD_NAME: name,
      POD_NAMESPACE: namespace,
      POD_UID: uid,
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}

/** Of one that may do everything: what the chart's roles allow is for the tests of the chart. */
async function writeAccount(cluster: Cluster, namespace: string, folder: string): Promise<void> {
  const subject = { kind: 'ServiceAccount', namespace, name: 'bench' }
  const items = [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace, name: subject.name } },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'bench' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
      subjects: [subject],
    },
  ]
  await cluster.kubectl(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }))
  const { tls } = await kubeconfigAccess(cluster.kubeconfig)(false)
  mkdirSync(folder)
  const token = await cluster.kubectl(['create', 'token', subject.name, '--namespace', namespace, '--duration=12h'])
  writeFileSync(join(folder, 'token'), token, { mode: 0o600 })
  writeFileSync(join(folder, 'ca.crt'), tls.ca ?? '')
  writeFileSync(join(folder, 'namespace'), namespace)
}
