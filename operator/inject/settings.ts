// What the installation says about injected pods. It comes from the chart's values and is the same for every pod.
import type { Resources } from './pod.ts'

export interface InjectionSettings {
  /** Who loads the packet filter's rules: an init container of the pod. Clusters with a CNI plugin for it will have another mode. */
  readonly mode: 'initContainer'
  /** The sidecar's image, by digest or tag. */
  readonly image: string
  readonly imagePullPolicy: 'Always' | 'IfNotPresent' | 'Never'
  /** Names of Secrets that must exist in every namespace with agents. */
  readonly imagePullSecrets: readonly string[]
  readonly resources: { readonly rules: Resources; readonly selfTest: Resources; readonly gateway: Resources }
  readonly operator: {
    /** `address:port`. */
    readonly address: string
    /** Name in its certificate. */
    readonly name: string
    /** PEM. */
    readonly ca: string
  }
  readonly clusterDomain: string
  /** The trust bundle is mounted over these paths in every agent's container: its connection strings name them. */
  readonly trustFiles: readonly string[]
  /** Java's trust store is announced by JAVA_TOOL_OPTIONS. */
  readonly javaTrustStore: boolean
  /** Room for recordings that have not left the pod. */
  readonly stateMebibytes: number
  /** Life of the token that the gateway shows to the operator; the API server takes nothing below 600. */
  readonly tokenSeconds: number
}
