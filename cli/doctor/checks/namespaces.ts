// The namespaces of agents and those that own targets.
import { ENFORCEMENT_LABEL, ENFORCEMENT_REQUIRED, OWNER_LABEL } from '#contracts/pod/names.ts'
import type { Facts, NamespaceSeen } from '../facts.ts'
import { type Finding, fail, ok, warn } from '../finding.ts'

const POD_SECURITY = 'pod-security.kubernetes.io/enforce'

export function podSecurity(facts: Facts): readonly Finding[] {
  const found = agentNamespaces(facts)
  if ('unknown' in found) return [unseen('podSecurity', found.unknown)]
  if (found.known.length === 0)
    return [
      warn(
        'podSecurity',
        'no namespace has an annotated workload, or requires the gateway',
        'set the annotation sallyport.dev/inject: "true" on a pod template',
      ),
    ]
  return found.known.map(({ name, labels }) => {
    const level = labels[POD_SECURITY]
    if (level === undefined)
      return ok('podSecurity', `namespace ${name} has the cluster’s default level, which is privileged unless changed`)
    if (level !== 'privileged')
      return fail(
        'podSecurity',
        `namespace ${name} is at level ${level}: mode initContainer needs NET_ADMIN in one container`,
        `kubectl label namespace ${name} --overwrite ${POD_SECURITY}=privileged ${ENFORCEMENT_LABEL}=${ENFORCEMENT_REQUIRED}; the rest of the pod is held to restricted by us`,
      )
    return labels[ENFORCEMENT_LABEL] === ENFORCEMENT_REQUIRED
      ? ok('podSecurity', `namespace ${name} is at level privileged, for pods with the gateway only`)
      : warn(
          'podSecurity',
          `namespace ${name} is at level privileged for every pod: one without the gateway may be anything, root on the node included`,
          `kubectl label namespace ${name} ${ENFORCEMENT_LABEL}=${ENFORCEMENT_REQUIRED}`,
        )
  })
}

export function owners({ namespaces, settings }: Facts): readonly Finding[] {
  if ('unknown' in namespaces) return [unseen('owners', namespaces.unknown)]
  const labelled = namespaces.known.filter(({ labels }) => labels[OWNER_LABEL] === 'true')
  const both = labelled
    .filter(({ labels }) => labels[ENFORCEMENT_LABEL] === ENFORCEMENT_REQUIRED)
    .map(({ name }) =>
      fail(
        'owners',
        `namespace ${name} owns targets and requires the gateway: its agents could open targets to themselves`,
        `kubectl label namespace ${name} ${OWNER_LABEL}-`,
      ),
    )
  if ('unknown' in settings) return both
  const { ownerNamespaces } = settings.known
  const unread = labelled
    .filter(({ name }) => !ownerNamespaces.includes(name))
    .map(({ name }) =>
      fail(
        'owners',
        `namespace ${name} owns targets, but the operator may not read its Secrets`,
        `helm upgrade … --set ownerNamespaces='{${[...ownerNamespaces, name].join(',')}}'`,
      ),
    )
  const unlabelled = ownerNamespaces
    .filter((name) => !labelled.some((namespace) => namespace.name === name))
    .map((name) =>
      namespaces.known.some((namespace) => namespace.name === name)
        ? fail(
            'owners',
            `namespace ${name} is in the value ownerNamespaces and has no label: its Connections are not accepted`,
            `kubectl label namespace ${name} ${OWNER_LABEL}=true`,
          )
        : fail(
            'owners',
            `there is no namespace ${name}, which ownerNamespaces names`,
            `kubectl create namespace ${name}`,
          ),
    )
  const findings = [...both, ...unread, ...unlabelled]
  if (findings.length > 0) return findings
  return labelled.length === 0
    ? [
        warn(
          'owners',
          'no namespace owns targets',
          `kubectl label namespace NAME ${OWNER_LABEL}=true, and name it in the value ownerNamespaces`,
        ),
      ]
    : [ok('owners', `targets belong to ${labelled.map(({ name }) => name).join(', ')}`)]
}

/** Pods opt out of meshes when they are injected; what else they talk to may insist on one. */
export function meshes(facts: Facts): readonly Finding[] {
  const found = agentNamespaces(facts)
  if ('unknown' in found) return [unseen('meshes', found.unknown)]
  const taken = found.known.flatMap(({ name, labels, annotations }) => {
    const mesh = meshOf(labels, annotations)
    return mesh === undefined
      ? []
      : [
          warn(
            'meshes',
            `namespace ${name} is in ${mesh}; pods with the gateway stay out of it`,
            'targets that demand the mesh’s TLS refuse them: allow plain or own TLS there',
          ),
        ]
  })
  return taken.length > 0 ? taken : [ok('meshes', 'no namespace of agents is in a mesh')]
}

function meshOf(labels: NamespaceSeen['labels'], annotations: NamespaceSeen['annotations']): string | undefined {
  if (labels['istio.io/dataplane-mode'] === 'ambient') return 'Istio’s ambient mesh'
  if (labels['istio-injection'] === 'enabled' || labels['istio.io/rev'] !== undefined) return 'Istio’s mesh'
  if (/^(enabled|ingress)$/.test(annotations['linkerd.io/inject'] ?? '')) return 'Linkerd’s mesh'
  if (/^(enabled|true)$/.test(labels['kuma.io/sidecar-injection'] ?? '')) return 'Kuma’s mesh'
  return undefined
}

export function pods({ pods: asked, releases }: Facts): readonly Finding[] {
  if ('unknown' in asked) return [unseen('pods', asked.unknown)]
  const exempt = new Set(['kube-system', 'kube-node-lease'])
  if ('known' in releases) for (const { namespace } of releases.known) exempt.add(namespace)
  const bare = asked.known.filter(({ asks, injected, namespace }) => asks && !injected && !exempt.has(namespace))
  const ignored = asked.known.filter(({ asks, namespace }) => asks && exempt.has(namespace))
  const findings = [
    ...bare.map(({ namespace, name }) =>
      fail(
        'pods',
        `pod ${namespace}/${name} asks for the gateway and runs without it`,
        `it is older than the installation: kubectl delete pod -n ${namespace} ${name}`,
      ),
    ),
    ...ignored.map(({ namespace, name }) =>
      fail(
        'pods',
        `pod ${namespace}/${name} asks for the gateway where none is given`,
        `move it: pods of ${namespace} never get one`,
      ),
    ),
  ]
  if (findings.length > 0) return findings
  return [ok('pods', `${asked.known.filter(({ injected }) => injected).length} pods carry the gateway`)]
}

/** Namespaces with a pod or a template that asks for the gateway, and those that require it. */
export function agentNamespaces({ namespaces, templates, pods: asked }: Facts): Facts['namespaces'] {
  if ('unknown' in namespaces) return namespaces
  const asking = new Set<string>()
  if ('known' in templates) for (const { namespace } of templates.known) asking.add(namespace)
  if ('known' in asked) for (const { namespace, asks } of asked.known) if (asks) asking.add(namespace)
  return {
    known: namespaces.known.filter(
      ({ name, labels }) => asking.has(name) || labels[ENFORCEMENT_LABEL] === ENFORCEMENT_REQUIRED,
    ),
  }
}

function unseen(check: string, why: string): Finding {
  return warn(check, `namespaces and pods cannot be looked at: ${why}`, 'ask for the right to list them')
}
