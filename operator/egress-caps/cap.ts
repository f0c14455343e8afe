// What the pods with a gateway of one namespace have business with, as egress rules of a NetworkPolicy. Pure.
//
// An outer cap: the packet filter and the gateway decide for each pod and each connection; this holds whatever becomes of them, as far as
// the cluster's network enforces it. It knows no names of hosts: a Service is capped to its namespace, a host outside to its port.
import { INJECTED_LABEL } from '#contracts/pod/names.ts'
import { namespaceOfHost } from '#sidecar/check/claims.ts'
import { isAddress } from '../judgement/host.ts'
import type { Judgement } from '../judgement/judgement.ts'
import { grants } from '../judgement/opened.ts'

export interface CapSettings {
  /** Where gateways dial the operator. */
  readonly operator: { readonly namespace: string; readonly address: string; readonly port: number }
  /** Whom gateways ask for the addresses of their targets. */
  readonly nameServers: readonly string[]
}

/** As the API server writes it, so that what is there can be compared with what is to be. */
export interface EgressRule {
  readonly to: readonly object[]
  readonly ports?: readonly { readonly protocol: 'TCP' | 'UDP'; readonly port: number }[]
}

interface Target {
  readonly host: string
  readonly port: number
}

export function capSpec(egress: readonly EgressRule[]) {
  const podSelector = { matchExpressions: [{ key: INJECTED_LABEL, operator: 'Exists' }] }
  return { podSelector, policyTypes: ['Egress'], egress }
}

/** Undefined: no pod of the namespace has a gateway. The same objects give the same rules, in the same order. */
export function egressOf(
  namespace: string,
  judgement: Judgement,
  { operator, nameServers }: CapSettings,
): readonly EgressRule[] | undefined {
  const pods = judgement.world.podsIn.of(namespace)
  if (pods.size === 0) return undefined
  const policies = new Set([...pods].flatMap((pod) => judgement.groupOf(pod)?.policies ?? []))
  const targets = [...policies].flatMap((policy) => targetsOf(policy, judgement))
  const rules = [
    { to: [inNamespace(operator.namespace), block(operator.address)], ports: [tcp(operator.port)] },
    ...nameServers.map((address) => ({
      to: [...namespacesOf(address, judgement).map(inNamespace), block(address)],
      ports: [{ protocol: 'UDP', port: 53 } as const, tcp(53)],
    })),
    ...targets.map((target) => ruleFor(target, judgement)),
  ]
  const byText = new Map(rules.map((rule) => [JSON.stringify(rule), rule]))
  return [...byText].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, rule]) => rule)
}

/** Where gateways connect to for a policy: targets of the Connections that it opens, issuers of the tokens that it asks for. */
function targetsOf(key: string, judgement: Judgement): readonly Target[] {
  const { policies, connections, providers } = judgement.world
  const policy = policies.get(key)
  if (policy === undefined) return []
  const provider = providers.get(policy.resource?.spec.agents.identity?.provider ?? '')?.resource?.spec
  const issuers = [provider?.issuer, provider?.jwksURI].filter((url) => url !== undefined).map(placeOfUrl)
  if (!grants(policy)) return issuers
  const served = [...judgement.selectedBy(key)].filter((name) => judgement.connectionVerdict(name)?.steers)
  return [
    ...issuers,
    ...served.flatMap((name) =>
      (connections.get(name)?.resource?.spec.endpoints ?? []).map(({ host, port, upstream }) => ({
        host: upstream?.host ?? host,
        port: upstream?.port ?? port,
      })),
    ),
  ]
}

function ruleFor({ host, port }: Target, judgement: Judgement): EgressRule {
  const { clusterDomain } = judgement.world
  const owner = namespaceOfHost(host.toLowerCase(), clusterDomain)
  // The pods behind a Service may listen on other ports than it does.
  if (owner !== undefined) return { to: [inNamespace(owner)] }
  if (!isAddress(host)) return { to: [ANYWHERE_V4, ANYWHERE_V6], ports: [tcp(port)] }
  const owners = namespacesOf(host, judgement)
  return owners.length > 0 ? { to: owners.map(inNamespace) } : { to: [block(host)], ports: [tcp(port)] }
}

/** Namespaces of the Services that have the address. */
function namespacesOf(address: string, { world }: Judgement): readonly string[] {
  return [...world.namespacesOfAddress(address)].sort()
}

const ANYWHERE_V4 = { ipBlock: { cidr: '0.0.0.0/0' } }
const ANYWHERE_V6 = { ipBlock: { cidr: '::/0' } }

function inNamespace(name: string): object {
  return { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name } } }
}

function block(address: string): object {
  return { ipBlock: { cidr: address.includes(':') ? `${address}/128` : `${address}/32` } }
}

function tcp(port: number): { readonly protocol: 'TCP'; readonly port: number } {
  return { protocol: 'TCP', port }
}

function placeOfUrl(url: string): Target {
  const { hostname, port } = new URL(url)
  return { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? 443 : Number(port) }
}
