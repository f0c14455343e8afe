// The Secrets and ConfigMaps that Connections name, with those of their keys that a gateway uses.
import type { ResourceDocument } from '#contracts/control/messages.ts'
import type { ConfigMap, Connection, Secret } from '#crds/types.gen.ts'
import type { Judgement } from '../judgement/judgement.ts'
import type { Known } from '../judgement/known.ts'
import type { World } from '../judgement/world.ts'

export function secretsOf(
  connections: readonly Known<Connection>[],
  judgement: Judgement,
): readonly ResourceDocument[] {
  const wanted = new Wanted()
  for (const { resource } of connections) {
    const name = resource?.spec.credentials?.secretRef.name
    if (resource === undefined || name === undefined) continue
    const keys = judgement.protocols.get(resource.spec.protocol)?.credentials ?? []
    for (const { key } of keys) wanted.add(`${resource.metadata.namespace}/${name}`, key)
  }
  return wanted.of(judgement.world.secrets, ({ type, data }, keys) => ({ type, data: only(data, keys) }))
}

export function configMapsOf(connections: readonly Known<Connection>[], world: World): readonly ResourceDocument[] {
  const wanted = new Wanted()
  for (const { resource } of connections) {
    const reference = resource?.spec.tls.caRef?.configMap
    if (reference !== undefined) wanted.add(`${resource?.metadata.namespace}/${reference.name}`, reference.key)
  }
  return wanted.of(world.configMaps, ({ data }, keys) => ({ data: only(data, keys) }))
}

class Wanted {
  readonly #keys = new Map<string, Set<string>>()

  add(object: string, key: string): void {
    this.#keys.set(object, (this.#keys.get(object) ?? new Set()).add(key))
  }

  of<T extends Secret | ConfigMap>(
    known: ReadonlyMap<string, Known<T>>,
    content: (resource: T, keys: ReadonlySet<string>) => object,
  ): readonly ResourceDocument[] {
    return [...this.#keys].sort(byName).flatMap(([object, keys]) => {
      const { resource } = known.get(object) ?? {}
      if (resource === undefined) return []
      const { apiVersion, kind, metadata } = resource
      const { namespace, name } = metadata
      return [{ apiVersion, kind, metadata: { name, namespace }, ...content(resource, keys) }]
    })
  }
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1
}

function only(
  data: Readonly<Record<string, string>> | undefined,
  keys: ReadonlySet<string>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(data ?? {}).filter(([key]) => keys.has(key)))
}
