// A change of one object, taken into the world, and who else has to hear of it: by index, never by looking at everything.
import type { ResourceDocument } from '#contracts/control/messages.ts'
import type { Validator } from '#crds/validate.ts'
import { grantsClaim } from '#sidecar/check/claims.ts'
import { canonical } from '#sidecar/policy/hash.ts'
import type { Change, WatchedKind } from './change.ts'
import {
  type NamespaceFacts,
  readNamespace,
  readPod,
  readService,
  readSlice,
  type ServiceFacts,
} from './cluster-facts.ts'
import { type Known, know } from './known.ts'
import type { Marks } from './marks.ts'
import { claimsOf } from './permitted.ts'
import type { Selections } from './selections.ts'
import { servicesOf } from './service-names.ts'
import { type KnownPolicy, replace, type World } from './world.ts'

export class Intake {
  readonly #world: World
  readonly #selections: Selections
  readonly #validator: Validator
  readonly #take: Readonly<
    Record<WatchedKind, (key: string, object: ResourceDocument | undefined, marks: Marks) => void>
  >

  constructor(world: World, selections: Selections, validator: Validator) {
    this.#world = world
    this.#selections = selections
    this.#validator = validator
    this.#take = {
      Namespace: (key, object, marks) => this.#namespace(key, object && readNamespace(object), marks),
      Connection: (key, object, marks) => this.#connection(key, object, marks),
      AccessPolicy: (key, object, marks) => this.#policy(key, object && know('AccessPolicy', object, validator), marks),
      ClusterAccessPolicy: (key, object, marks) =>
        this.#policy(key, object && know('ClusterAccessPolicy', object, validator), marks),
      EndpointGrant: (key, object, marks) => this.#grant(key, object, marks),
      IdentityProvider: (key, object, marks) => this.#provider(key, object, marks),
      Secret: (key, object, marks) => this.#secret(key, object, marks),
      ConfigMap: (key, object, marks) => this.#configMap(key, object, marks),
      Service: (key, object, marks) => this.#service(key, object && readService(object), marks),
      EndpointSlice: (key, object, marks) => this.#slice(key, object, marks),
      Pod: (key, object, marks) => this.#pod(key, object, marks),
    }
  }

  take({ kind, key, object }: Change, marks: Marks): void {
    this.#take[kind](key, object, marks)
  }

  #namespace(name: string, after: NamespaceFacts | undefined, marks: Marks): void {
    const { namespaces, connectionsIn, policiesIn, grantsNaming } = this.#world
    const before = namespaces.get(name)
    if (canonical(before) === canonical(after)) return
    replace(namespaces, name, after)
    // Grants may select it by its labels.
    for (const key of connectionsIn.of(name)) marks.claims.add(key)
    for (const key of policiesIn.of(name)) marks.circumstances.add(key)
    for (const key of grantsNaming.of(name)) marks.grants.add(key)
    this.#selections.setNamespace(name, marks)
  }

  #connection(key: string, object: ResourceDocument | undefined, marks: Marks): void {
    const after = object && know('Connection', object, this.#validator)
    const before = this.#world.connections.get(key)
    if (unchanged(before, after)) return
    this.#world.setConnection(key, after)
    this.#selections.setConnection(key, after, after?.resource?.spec.protocol, marks)
    // Whoever names it may learn that it is there, or no longer.
    if ((before === undefined) !== (after === undefined))
      for (const policy of this.#world.policiesNaming.of(key)) marks.circumstances.add(policy)
    marks.claims.add(key)
    marks.checks.add(key)
    marks.connections.add(key)
  }

  #policy(key: string, after: KnownPolicy | undefined, marks: Marks): void {
    const before = this.#world.policies.get(key)
    if (unchanged(before, after)) return
    this.#world.setPolicy(key, after)
    this.#selections.setPolicy(key, after?.resource, marks)
    // One that cannot be read may have meant anybody.
    if (isUnread(before) || isUnread(after)) marks.renewAll = true
  }

  #grant(key: string, object: ResourceDocument | undefined, marks: Marks): void {
    const { grants, connections, connectionsOutside, clusterDomain } = this.#world
    const before = grants.get(key)
    const after = object && know('EndpointGrant', object, this.#validator)
    if (unchanged(before, after)) return
    this.#world.setGrant(key, after)
    marks.grants.add(key)
    for (const spec of [before?.resource?.spec, after?.resource?.spec]) {
      for (const port of spec?.ports ?? []) {
        for (const name of connectionsOutside.of(String(port))) {
          const connection = connections.get(name)?.resource
          if (spec === undefined || connection === undefined) continue
          const { protocol } = connection.spec
          const namespace = connection.metadata.namespace ?? ''
          const touched = claimsOf(connection, clusterDomain).some((claim) =>
            grantsClaim(spec, { ...claim, protocol, namespace }),
          )
          if (touched) marks.claims.add(name)
        }
      }
    }
  }

  #provider(key: string, object: ResourceDocument | undefined, marks: Marks): void {
    const after = object && know('IdentityProvider', object, this.#validator)
    if (unchanged(this.#world.providers.get(key), after)) return
    replace(this.#world.providers, key, after)
    marks.providers.add(key)
    for (const policy of this.#world.policiesAsking.of(key)) {
      marks.circumstances.add(policy)
      marks.renewed.add(policy)
    }
  }

  #secret(key: string, object: ResourceDocument | undefined, marks: Marks): void {
    const after = object && know('Secret', object, this.#validator)
    if (unchanged(this.#world.secrets.get(key), after)) return
    replace(this.#world.secrets, key, after)
    for (const connection of this.#world.connectionsWithSecret.of(key)) this.#referred(connection, marks)
  }

  #configMap(key: string, object: ResourceDocument | undefined, marks: Marks): void {
    const after = object && know('ConfigMap', object, this.#validator)
    if (unchanged(this.#world.configMaps.get(key), after)) return
    replace(this.#world.configMaps, key, after)
    for (const connection of this.#world.connectionsWithConfigMap.of(key)) this.#referred(connection, marks)
  }

  #referred(connection: string, marks: Marks): void {
    marks.checks.add(connection)
    this.#renewWith(connection, marks)
  }

  #service(key: string, after: ServiceFacts | undefined, marks: Marks): void {
    const before = this.#world.services.get(key)
    if (canonical(before) === canonical(after)) return
    this.#world.setService(key, after)
    // An address belongs to the namespace of its Service from now on, or no longer.
    for (const address of [...(before?.clusterIPs ?? []), ...(after?.clusterIPs ?? [])])
      for (const connection of this.#world.connectionsAtAddress.of(address)) marks.claims.add(connection)
    this.#addressesOf(key, marks)
  }

  #slice(key: string, object: ResourceDocument | undefined, marks: Marks): void {
    const before = this.#world.slices.get(key)
    const after = object && readSlice(object)
    if (canonical(before) === canonical(after)) return
    this.#world.setSlice(key, after)
    for (const facts of [before, after])
      if (facts !== undefined) this.#addressesOf(`${facts.namespace}/${facts.service}`, marks)
  }

  #addressesOf(service: string, marks: Marks): void {
    for (const entry of servicesOf(service))
      for (const connection of this.#world.connectionsOnService.of(entry)) this.#renewWith(connection, marks)
  }

  #renewWith(connection: string, marks: Marks): void {
    for (const policy of this.#selections.policiesOf(connection)) marks.renewed.add(policy)
  }

  #pod(key: string, object: ResourceDocument | undefined, marks: Marks): void {
    const before = this.#world.pods.get(key)
    const after = object && readPod(object)
    if (canonical(before) === canonical(after)) return
    this.#world.setPod(key, after)
    this.#selections.setPod(key, after, marks)
  }
}

/** Another version of the same content is no change. Its generation is: a status says which one it is about. */
function unchanged(before: Known | undefined, after: Known | undefined): boolean {
  return canonical(before) === canonical(after)
}

function isUnread(known: KnownPolicy | undefined): boolean {
  return known !== undefined && known.resource === undefined
}
