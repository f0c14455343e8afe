// The cluster as it was told last, and who refers to whom in it. Nothing is judged here.
import type {
  AccessPolicy,
  ClusterAccessPolicy,
  ConfigMap,
  Connection,
  EndpointGrant,
  EndpointGrantSpec,
  IdentityProvider,
  Secret,
} from '#crds/types.gen.ts'
import { namespaceOfHost } from '#sidecar/check/claims.ts'
import { namedConnections } from '#sidecar/check/selection.ts'
import type { NamespaceFacts, PodFacts, ServiceFacts, SliceFacts } from './cluster-facts.ts'
import { isAddress } from './host.ts'
import { IndexOf } from './index-of.ts'
import type { Known } from './known.ts'
import { type Claimable, claimsOf } from './permitted.ts'
import { serviceName } from './service-names.ts'

export type KnownPolicy = Known<AccessPolicy | ClusterAccessPolicy>

export class World implements Claimable {
  readonly clusterDomain: string
  readonly namespaces = new Map<string, NamespaceFacts>()
  readonly connections = new Map<string, Known<Connection>>()
  /** `namespace/name`, or the bare name of a cluster policy. */
  readonly policies = new Map<string, KnownPolicy>()
  /** Keys of those policies that cannot be read. */
  readonly unreadPolicies = new Set<string>()
  readonly grants = new Map<string, Known<EndpointGrant>>()
  readonly providers = new Map<string, Known<IdentityProvider>>()
  readonly secrets = new Map<string, Known<Secret>>()
  readonly configMaps = new Map<string, Known<ConfigMap>>()
  readonly services = new Map<string, ServiceFacts>()
  readonly slices = new Map<string, SliceFacts>()
  readonly pods = new Map<string, PodFacts>()
  /** By namespace. */
  readonly podsIn = new IndexOf()
  readonly connectionsIn = new IndexOf()
  readonly policiesIn = new IndexOf()
  readonly servicesIn = new IndexOf()
  /** By `namespace/name` of what a Connection refers to. */
  readonly connectionsWithSecret = new IndexOf()
  readonly connectionsWithConfigMap = new IndexOf()
  /** Connections that claim the address. */
  readonly connectionsAtAddress = new IndexOf()
  /** Connections that claim a port of a host outside the cluster. */
  readonly connectionsOutside = new IndexOf()
  /** By `namespace/name` of the Service, or `namespace/*`. */
  readonly connectionsOnService = new IndexOf()
  readonly policiesNaming = new IndexOf()
  readonly policiesAsking = new IndexOf()
  /** By `namespace/name` of the Service. */
  readonly slicesOf = new IndexOf()
  /** By the namespaces that they name. */
  readonly grantsNaming = new IndexOf()
  readonly #grantsByPort = new IndexOf()
  readonly #servicesByAddress = new IndexOf()

  constructor(clusterDomain: string) {
    this.clusterDomain = clusterDomain
  }

  setConnection(key: string, known: Known<Connection> | undefined): void {
    replace(this.connections, key, known)
    const namespace = known?.metadata.namespace
    this.connectionsIn.set(key, known === undefined || namespace === undefined ? [] : [namespace])
    const { resource } = known ?? {}
    const { credentials, tls } = resource?.spec ?? {}
    const names = (name: string | undefined) => (name === undefined ? [] : [`${namespace}/${name}`])
    this.connectionsWithSecret.set(key, names(credentials?.secretRef.name))
    this.connectionsWithConfigMap.set(key, names(tls?.caRef?.configMap.name))
    const claims = resource === undefined ? [] : claimsOf(resource, this.clusterDomain)
    this.connectionsAtAddress.set(key, claims.map(({ host }) => host).filter(isAddress))
    const services = claims.flatMap(({ host }) => serviceName(host) ?? [])
    this.connectionsOnService.set(
      key,
      services.map(({ namespace: of, service }) => `${of}/${service}`),
    )
    const outside = claims.filter(({ host }) => namespaceOfHost(host, this.clusterDomain) === undefined)
    this.connectionsOutside.set(
      key,
      outside.map(({ port }) => String(port)),
    )
  }

  setPolicy(key: string, known: KnownPolicy | undefined): void {
    replace(this.policies, key, known)
    if (known !== undefined && known.resource === undefined) this.unreadPolicies.add(key)
    else this.unreadPolicies.delete(key)
    const namespace = known?.metadata.namespace
    this.policiesIn.set(key, namespace === undefined ? [] : [namespace])
    const { resource } = known ?? {}
    this.policiesNaming.set(key, resource === undefined ? [] : namedConnections(resource).map(([, name]) => name))
    const provider = resource?.spec.agents.identity?.provider
    this.policiesAsking.set(key, provider === undefined ? [] : [provider])
  }

  setGrant(key: string, known: Known<EndpointGrant> | undefined): void {
    replace(this.grants, key, known)
    this.#grantsByPort.set(key, (known?.resource?.spec.ports ?? []).map(String))
    this.grantsNaming.set(key, known?.resource?.spec.namespaces ?? [])
  }

  setService(key: string, facts: ServiceFacts | undefined): void {
    replace(this.services, key, facts)
    this.servicesIn.set(key, facts === undefined ? [] : [facts.namespace])
    this.#servicesByAddress.set(key, facts?.clusterIPs ?? [])
  }

  setPod(key: string, facts: PodFacts | undefined): void {
    replace(this.pods, key, facts)
    this.podsIn.set(key, facts === undefined ? [] : [facts.identity.namespace])
  }

  setSlice(key: string, facts: SliceFacts | undefined): void {
    replace(this.slices, key, facts)
    this.slicesOf.set(key, facts === undefined ? [] : [`${facts.namespace}/${facts.service}`])
  }

  namespace(name: string): NamespaceFacts | undefined {
    return this.namespaces.get(name)
  }

  grantsOf(port: number): readonly EndpointGrantSpec[] {
    return [...this.#grantsByPort.of(String(port))].flatMap((key) => this.grants.get(key)?.resource?.spec ?? [])
  }

  namespacesOfAddress(address: string): ReadonlySet<string> {
    const services = [...this.#servicesByAddress.of(address)].flatMap((key) => this.services.get(key) ?? [])
    return new Set(services.map(({ namespace }) => namespace))
  }
}

export function replace<T>(all: Map<string, T>, key: string, value: T | undefined): void {
  if (value === undefined) all.delete(key)
  else all.set(key, value)
}
