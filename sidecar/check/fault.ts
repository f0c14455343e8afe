// What a check says about a resource. Whoever asked puts it into lines, statuses or refusals.
import type { Fault, Path } from '#crds/finding.ts'
import type { Resource } from '#crds/resource.ts'

/** One word for programs; statuses carry it as the reason of a condition. */
export type Reason =
  | 'UnsupportedProtocol'
  | 'InvalidSettings'
  | 'CredentialsMissing'
  | 'SecretNotFound'
  | 'InvalidSecret'
  | 'ConfigMapNotFound'
  | 'InvalidConfigMap'
  | 'HostNotPermitted'
  | 'EndpointConflict'
  | 'ConnectionNotFound'
  | 'IdentityProviderNotFound'
  | 'InvalidWindow'
  | 'InvalidMask'
  | 'UnknownWord'
  | 'NotEnforceable'
  | 'Suspicious'

export interface Doubt extends Fault {
  /** `error`: the resource, or what it says, cannot be in force. `warning`: valid, and probably not meant. */
  readonly severity: 'error' | 'warning'
  readonly reason: Reason
  /** Usually the resource that is checked; a Secret's keys are doubted at the Secret. */
  readonly about: Resource
}

/** Collects what is doubted. */
export class Report {
  readonly doubts: Doubt[] = []
  readonly #wrong = new Set<Resource>()

  /** What would leave the resource, or what it says, not in force. */
  error(about: Resource, reason: Exclude<Reason, 'Suspicious'>, path: Path, message: string, allowed?: string): void {
    this.#wrong.add(about)
    this.#add({ severity: 'error', reason, about, path, message }, allowed)
  }

  /** What is valid and probably not meant. */
  warning(about: Resource, path: Path, message: string, allowed?: string): void {
    this.#add({ severity: 'warning', reason: 'Suspicious', about, path, message }, allowed)
  }

  hasErrors(about: Resource): boolean {
    return this.#wrong.has(about)
  }

  #add(doubt: Doubt, allowed: string | undefined): void {
    this.doubts.push(allowed === undefined ? doubt : { ...doubt, allowed })
  }
}
