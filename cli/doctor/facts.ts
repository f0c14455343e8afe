// What the checks look at, as precise values: gathered in one file, judged in others.

/** Or why it could not be had. */
export type Asked<T> = { readonly known: T } | { readonly unknown: string }

export interface Facts {
  /** The API server's: `v1.34.4`. */
  readonly version: Asked<string>
  readonly nodes: Asked<readonly NodeSeen[]>
  readonly runtimeClasses: Asked<readonly { readonly name: string; readonly handler: string }[]>
  readonly releases: Asked<readonly Release[]>
  /** Of the only release. */
  readonly settings: Asked<Settings>
  readonly definitions: Asked<readonly Definition[]>
  /** Names of ValidatingAdmissionPolicies that have a binding. */
  readonly admissionPolicies: Asked<readonly string[]>
  readonly rights: Asked<Rights>
  readonly namespaces: Asked<readonly NamespaceSeen[]>
  readonly services: Asked<readonly ServiceSeen[]>
  /** Templates of workloads that ask for the gateway. */
  readonly templates: Asked<readonly Template[]>
  /** Pods that ask for the gateway or carry it, and have not ended. */
  readonly pods: Asked<readonly PodSeen[]>
  readonly trial: Asked<Trial>
}

export interface NodeSeen {
  readonly name: string
  readonly system: string
  readonly kernel: string
  readonly kubelet: string
  /** `containerd://1.7.24` */
  readonly runtime: string
}

export interface Release {
  readonly namespace: string
  readonly name: string
  readonly serviceAccount: string
  readonly replicas: number
  readonly ready: number
}

export interface Settings {
  readonly ownerNamespaces: readonly string[]
  readonly nameServers: readonly string[]
}

export interface Definition {
  readonly kind: string
  readonly state: 'missing' | 'not established' | 'another version' | 'current'
}

export interface Rights {
  readonly who: string
  /** `list secrets in namespace data` */
  readonly missing: readonly string[]
}

export interface NamespaceSeen {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

export interface ServiceSeen {
  readonly namespace: string
  readonly name: string
  readonly addresses: readonly string[]
}

export interface Template {
  readonly namespace: string
  readonly kind: string
  readonly name: string
}

export interface PodSeen {
  readonly namespace: string
  readonly name: string
  readonly asks: boolean
  readonly injected: boolean
}

/** An annotated pod was created, and not kept. */
export interface Trial {
  readonly namespace: string
  readonly outcome: 'injected' | 'not injected' | { readonly refused: string }
}
