// Service meshes: two of them cannot both own a pod's egress. The opt-outs that meshes document are set, unless the author
// set the same key to something else; admission then refuses what would still carry a mesh's proxy.

export const MESH_OPT_OUTS: {
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
} = {
  labels: {
    'sidecar.istio.io/inject': 'false',
    'istio.io/dataplane-mode': 'none',
    'kuma.io/sidecar-injection': 'disabled',
  },
  annotations: {
    'sidecar.istio.io/inject': 'false',
    'linkerd.io/inject': 'disabled',
    'consul.hashicorp.com/connect-inject': 'false',
    'kuma.io/sidecar-injection': 'disabled',
    'openservicemesh.io/sidecar-injection': 'disabled',
  },
}

/** Containers that meshes add. */
export const MESH_CONTAINERS: ReadonlySet<string> = new Set([
  'istio-proxy',
  'istio-init',
  'istio-validation',
  'linkerd-proxy',
  'linkerd-init',
  'linkerd-network-validator',
  'consul-dataplane',
  'consul-connect-inject-init',
  'kuma-sidecar',
  'kuma-init',
  'osm-init',
])

/** Annotations that say that a mesh has taken the pod, without a container in it. */
export const MESH_TAKEN: Readonly<Record<string, string>> = {
  'ambient.istio.io/redirection': 'enabled',
  'kuma.io/transparent-proxying': 'enabled',
}
