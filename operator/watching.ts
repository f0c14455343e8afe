// The cluster as this replica sees it, and what it makes of it.
import { Validator } from '#crds/validate.ts'
import { PROTOCOLS } from '#sidecar/protocols/registry.ts'
import type { AdmissionServices } from './admission/cluster.ts'
import { admissionServices } from './admission-facts.ts'
import { ClusterView } from './cluster-view.ts'
import type { Foundation } from './foundation.ts'
import { Judgement } from './judgement/judgement.ts'

export interface Watching {
  readonly judgement: Judgement
  readonly view: ClusterView
  /** What is asked about a pod before it may be made, and again before its gateway is fed. */
  readonly services: AdmissionServices
}

export function watching({ settings, api, log, metrics, injection, renderings }: Foundation): Watching {
  const { clusterDomain, ownerNamespaces, allow } = settings
  const validator = new Validator()
  const judgement = new Judgement({ clusterDomain, protocols: PROTOCOLS, validator })
  const view = new ClusterView({ api, judgement, ownerNamespaces, log, onRestart: metrics.kube.onRestart })
  const services = admissionServices({
    api,
    judgement,
    validator,
    allowances: allow,
    ownerNamespaces,
    injection: () => injection,
    renderings: () => renderings,
  })
  return { judgement, view, services }
}
