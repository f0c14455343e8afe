// Does somebody else's NetworkPolicy let pods with a gateway out further than ours? What several policies allow adds up. Pure.
import { isDeepStrictEqual } from 'node:util'
import type { LabelSelector } from '#crds/types.gen.ts'
import { selectsLabels } from '#sidecar/policy/select.ts'
import { isRecord, type KubeObject } from '../kube/object.ts'
import type { EgressRule } from './cap.ts'

/** Rules that are ours word by word add nothing, and neither does a policy that allows no egress; whatever else is allowed may be more. */
export function widens({ spec }: KubeObject, ours: readonly EgressRule[]): boolean {
  const { egress, policyTypes } = isRecord(spec) ? spec : {}
  const rules = Array.isArray(egress) ? egress : []
  const types = Array.isArray(policyTypes) ? policyTypes : ['Egress']
  if (!types.includes('Egress')) return false
  return rules.some((rule) => !ours.some((own) => isDeepStrictEqual(own, rule)))
}

export function selectsPod({ spec }: KubeObject, labels: Readonly<Record<string, string>>): boolean {
  const selector = isRecord(spec) && isRecord(spec['podSelector']) ? spec['podSelector'] : {}
  // The API server has checked its form.
  return selectsLabels(selector as LabelSelector, labels)
}
