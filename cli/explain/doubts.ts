// What a database shows of the policies on it that they do not show by themselves: what they name and is not there, and what
// they leave open beside what they name.
import type { Manifests } from '#crds/load.ts'
import { keyOf } from '#sidecar/check/names.ts'
import type { Pair } from '#sidecar/policy/pair.ts'
import type { Catalog } from '#sidecar/protocols/postgres/catalog/model.ts'
import { ready } from '#sidecar/protocols/postgres/sql/wasm.ts'
import { besideMasks } from './beside-masks.ts'
import { idleMasks } from './idle-masks.ts'
import { idleRules } from './idle-rules.ts'

export async function doubtsAbout(
  pair: Pair,
  { resources: { accessPolicies, clusterAccessPolicies } }: Manifests,
  catalog: Catalog,
): Promise<readonly string[]> {
  // Masks that name views are followed to the tables, which takes the parser.
  await ready()
  const rules = [...accessPolicies, ...clusterAccessPolicies]
    .map(({ resource }) => ({ key: keyOf(resource), rules: resource.spec.rules }))
    .filter(({ key }) => pair.policies.includes(key))
  return [...idleRules(rules, catalog), ...idleMasks(pair.masks, catalog), ...besideMasks(pair.masks, catalog)]
}
