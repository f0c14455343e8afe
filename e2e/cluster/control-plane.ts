// etcd, API server, controller manager and scheduler, with the admission plugins that are on by default.
import { readFileSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import type { Keys } from './certificates.ts'
import { type Component, type Ground, startComponent } from './component.ts'
import { writeKubeconfig } from './kubeconfig.ts'
import { CLUSTER_DOMAIN, type Place } from './place.ts'

export async function startControlPlane(ground: Ground, place: Place, keys: Keys): Promise<void> {
  startStore(ground)
  const apiServer = startApiServer(ground, place, keys)
  await apiServer.ready(300_000, () => answers(place, keys, '/readyz'))
  startControllers(ground, place, keys)
  startScheduler(ground, place, keys)
}

function startStore({ directory, ...ground }: Ground): Component {
  return startComponent({ directory, ...ground }, 'etcd', [
    'etcd',
    `--data-dir=${join(directory, 'etcd')}`,
    '--listen-client-urls=http://127.0.0.1:2379',
    '--advertise-client-urls=http://127.0.0.1:2379',
    '--listen-peer-urls=http://127.0.0.1:2380',
    '--unsafe-no-fsync', // nothing here outlives the cluster
    '--logger=zap',
    '--log-level=warn',
  ])
}

function startApiServer(ground: Ground, place: Place, keys: Keys): Component {
  return startComponent(ground, 'kube-apiserver', [
    join(ground.binaries, 'kube-apiserver'),
    '--etcd-servers=http://127.0.0.1:2379',
    `--advertise-address=${place.node}`,
    '--authorization-mode=Node,RBAC',
    '--enable-admission-plugins=NodeRestriction', // besides the default ones
    '--allow-privileged=true',
    '--kubelet-preferred-address-types=InternalIP',
    `--service-cluster-ip-range=${place.serviceNetwork}`,
    `--service-account-issuer=https://kubernetes.default.svc.${CLUSTER_DOMAIN}`,
    `--service-account-key-file=${keys.accountPublic}`,
    `--service-account-signing-key-file=${keys.accountPrivate}`,
    `--client-ca-file=${keys.authority}`,
    `--tls-cert-file=${keys.certificate('apiserver')}`,
    `--tls-private-key-file=${keys.key('apiserver')}`,
    `--kubelet-certificate-authority=${keys.authority}`,
    `--kubelet-client-certificate=${keys.certificate('apiserver-to-kubelet')}`,
    `--kubelet-client-key=${keys.key('apiserver-to-kubelet')}`,
  ])
}

function startControllers(ground: Ground, place: Place, keys: Keys): Component {
  const kubeconfig = writeKubeconfig(ground.directory, 'controller-manager', place, keys)
  return startComponent(ground, 'kube-controller-manager', [
    join(ground.binaries, 'kube-controller-manager'),
    `--kubeconfig=${kubeconfig}`,
    `--authentication-kubeconfig=${kubeconfig}`,
    `--authorization-kubeconfig=${kubeconfig}`,
    '--leader-elect=false',
    '--use-service-account-credentials=true',
    `--root-ca-file=${keys.authority}`,
    `--service-account-private-key-file=${keys.accountPrivate}`,
    `--cluster-signing-cert-file=${keys.authority}`,
    `--cluster-signing-key-file=${join(keys.folder, 'ca.key')}`,
  ])
}

function startScheduler(ground: Ground, place: Place, keys: Keys): Component {
  const kubeconfig = writeKubeconfig(ground.directory, 'scheduler', place, keys)
  return startComponent(ground, 'kube-scheduler', [
    join(ground.binaries, 'kube-scheduler'),
    `--kubeconfig=${kubeconfig}`,
    `--authentication-kubeconfig=${kubeconfig}`,
    `--authorization-kubeconfig=${kubeconfig}`,
    '--leader-elect=false',
  ])
}

/** Whether the API server answers a path with 200; undefined if not yet. */
function answers(place: Place, keys: Keys, path: string): Promise<true | undefined> {
  return new Promise((resolve) => {
    const asked = request({
      host: place.node,
      port: 6443,
      path,
      agent: false,
      timeout: 5_000,
      ca: readFileSync(keys.authority),
      cert: readFileSync(keys.certificate('admin')),
      key: readFileSync(keys.key('admin')),
    })
    asked.once('response', (response) => {
      response.resume()
      resolve(response.statusCode === 200 ? true : undefined)
    })
    asked.once('error', () => resolve(undefined))
    asked.once('timeout', () => asked.destroy())
    asked.end()
  })
}
