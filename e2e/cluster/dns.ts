// The cluster's DNS: CoreDNS as a process on the node, behind the Service that pods are told of. Names outside the cluster
// are those that a test gives it; any other one does not exist, and nothing is asked outside the machine.
import { appendFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Keys } from './certificates.ts'
import { type Component, type Ground, startComponent } from './component.ts'
import { writeKubeconfig } from './kubeconfig.ts'
import { CLUSTER_DOMAIN, type Place } from './place.ts'

export function startDns(ground: Ground, place: Place, keys: Keys): Component {
  const hosts = hostsFile(ground.directory)
  writeFileSync(hosts, '')
  const configuration = join(ground.directory, 'Corefile')
  writeFileSync(
    configuration,
    `.:53 {
  bind ${place.node}
  errors
  kubernetes ${CLUSTER_DOMAIN} in-addr.arpa ip6.arpa {
    kubeconfig ${writeKubeconfig(ground.directory, 'coredns', place, keys)}
    pods verified
    fallthrough in-addr.arpa ip6.arpa
    ttl 5
  }
  hosts ${hosts} {
    reload 1s
    ttl 5
    fallthrough
  }
  template ANY ANY . {
    rcode NXDOMAIN
  }
}
`,
  )
  return startComponent(ground, 'coredns', [join(ground.binaries, 'coredns'), '-conf', configuration])
}

/** Gives a name outside the cluster an address. Pods see it within two seconds. */
export function nameHost(directory: string, name: string, address: string): void {
  appendFileSync(hostsFile(directory), `${address} ${name}\n`)
}

/** The Service with its fixed address, and its one endpoint. */
export function dnsManifests(place: Place): readonly unknown[] {
  const metadata = { name: 'kube-dns', namespace: 'kube-system', labels: { 'k8s-app': 'kube-dns' } }
  const ports = (['UDP', 'TCP'] as const).map((protocol) => ({ name: protocol.toLowerCase(), port: 53, protocol }))
  return [
    { apiVersion: 'v1', kind: 'Service', metadata, spec: { clusterIP: place.dnsService, ports } },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { ...metadata, labels: { 'kubernetes.io/service-name': 'kube-dns' } },
      addressType: 'IPv4',
      endpoints: [{ addresses: [place.node], conditions: { ready: true } }],
      ports,
    },
  ]
}

function hostsFile(directory: string): string {
  return join(directory, 'outside-hosts')
}
