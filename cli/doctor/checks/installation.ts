// What helm installed, and whether the API server and it can talk to each other.
import { isIP } from 'node:net'
import type { Facts, Release } from '../facts.ts'
import { type Finding, fail, ok, warn } from '../finding.ts'

const INSTALL = 'helm install sallyport charts/sallyport -n sallyport --create-namespace'

export function release({ releases }: Facts): readonly Finding[] {
  if ('unknown' in releases)
    return [warn('release', `Deployments cannot be looked at: ${releases.unknown}`, 'ask for the right to list them')]
  const [only, ...others] = releases.known
  if (only === undefined) return [fail('release', 'Sallyport is not installed', INSTALL)]
  if (others.length > 0)
    return [
      fail(
        'release',
        `${releases.known.map(title).join(' and ')} are installed; each would change the other’s pods`,
        'helm uninstall all but one',
      ),
    ]
  const { namespace, name, replicas, ready } = only
  const look = `kubectl describe pods -n ${namespace}; kubectl logs -n ${namespace} deployment/${name}`
  if (ready === 0) return [fail('release', `${title(only)}: none of ${replicas} replicas is ready`, look)]
  if (ready < replicas) return [warn('release', `${title(only)}: ${ready} of ${replicas} replicas are ready`, look)]
  if (replicas === 1)
    return [
      warn('release', `${title(only)} has one replica: while it starts anew no agent can`, '--set operator.replicas=2'),
    ]
  return [ok('release', `${title(only)}: ${ready} of ${replicas} replicas are ready`)]
}

export function definitions({ definitions: asked }: Facts): readonly Finding[] {
  if ('unknown' in asked)
    return [
      warn('crds', `CustomResourceDefinitions cannot be looked at: ${asked.unknown}`, 'ask for the right to list them'),
    ]
  const findings = asked.known.flatMap(({ kind, state }) => {
    if (state === 'current') return []
    if (state === 'another version')
      return [warn('crds', `${kind} is not as this sallyport knows it`, 'helm upgrade to the version of this program')]
    const remedy = state === 'missing' ? INSTALL : `kubectl describe crd of ${kind} says which names are taken`
    return [fail('crds', `the definition of ${kind} is ${state}`, remedy)]
  })
  return findings.length > 0 ? findings : [ok('crds', `${asked.known.length} definitions are installed and current`)]
}

export function webhooks({ trial, releases }: Facts): readonly Finding[] {
  if (only(releases) === undefined) return []
  if ('unknown' in trial)
    return [
      warn(
        'webhooks',
        `no annotated pod could be tried: ${trial.unknown}`,
        'ask for the right to create pods there, or run helm test',
      ),
    ]
  const { namespace, outcome } = trial.known
  if (outcome === 'injected') return [ok('webhooks', `an annotated pod in namespace ${namespace} gets the gateway`)]
  if (outcome === 'not injected')
    return [
      fail(
        'webhooks',
        `an annotated pod in namespace ${namespace} comes back without the gateway`,
        'the MutatingWebhookConfiguration is missing or was changed: helm upgrade puts it back',
      ),
    ]
  return [refusal(namespace, outcome.refused)]
}

function refusal(namespace: string, refused: string): Finding {
  const said = `an annotated pod in namespace ${namespace}: ${refused}`
  // Pod Security is judged after the pod was changed, and has a check of its own.
  if (/violates PodSecurity/.test(refused)) return ok('webhooks', `the API server reaches them (${namespace})`)
  if (!/fail(ed|ing) (to call|calling) webhook/.test(refused))
    return warn('webhooks', `they answer, but ${said}`, 'a pod that is refused says why; see the message')
  if (/x509|certificate/.test(refused))
    return fail('webhooks', said, 'the operator writes its authority into the webhooks: see its log, then restart it')
  return fail(
    'webhooks',
    said,
    'the API server must reach port 9443 of the operator’s pods: firewall rule of the control plane, NetworkPolicy',
  )
}

export function admissionPolicies({ admissionPolicies: asked, releases }: Facts): readonly Finding[] {
  const installed = only(releases)
  if (installed === undefined) return []
  if ('unknown' in asked)
    return [
      warn('policies', `ValidatingAdmissionPolicies cannot be looked at: ${asked.unknown}`, 'ask for the right to'),
    ]
  const wanted = `${installed.name}-pods`
  return asked.known.includes(wanted)
    ? [ok('policies', 'the core of admission holds while the operator is away')]
    : [
        fail(
          'policies',
          `there is no ValidatingAdmissionPolicy ${wanted} with a binding`,
          'helm upgrade puts it back; without it nothing holds while the operator is away',
        ),
      ]
}

export function rights({ rights: asked }: Facts): readonly Finding[] {
  if ('unknown' in asked)
    return [
      warn('rights', `rights cannot be asked for: ${asked.unknown}`, 'ask for the right to create access reviews'),
    ]
  const { who, missing } = asked.known
  return missing.length === 0
    ? [ok('rights', `${who} may do what is needed`)]
    : [fail('rights', `${who} may not ${missing.join('; ')}`, 'helm upgrade puts the chart’s roles back')]
}

export function nameServers({ settings, services, releases }: Facts): readonly Finding[] {
  if (only(releases) === undefined) return []
  if ('unknown' in settings)
    return [warn('dns', `the release’s settings cannot be read: ${settings.unknown}`, 'ask for the right to')]
  const wrong = settings.known.nameServers.filter((server) => isIP(server) === 0)
  if (wrong.length > 0)
    return [fail('dns', `name server ${wrong.join(', ')} is no address`, 'give addresses in the value nameServers')]
  if (settings.known.nameServers.length > 0) return [ok('dns', `gateways ask ${settings.known.nameServers.join(', ')}`)]
  if ('unknown' in services) return []
  return services.known.some(({ namespace, name }) => namespace === 'kube-system' && /dns/.test(name))
    ? [ok('dns', 'gateways ask the cluster’s DNS')]
    : [
        warn(
          'dns',
          'no Service of kube-system looks like DNS; gateways ask whom the operator’s pod asks',
          'say in the value nameServers whom gateways are to ask',
        ),
      ]
}

function only(releases: Facts['releases']): Release | undefined {
  return 'known' in releases && releases.known.length === 1 ? releases.known[0] : undefined
}

function title({ namespace, name }: Release): string {
  return `release ${namespace}/${name}`
}
