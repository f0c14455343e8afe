// Who is asking: the pod's own identity, and the person behind it where a policy asks for one.

/** A verified OIDC token, reduced to what policies match. */
export interface User {
  /** The IdentityProvider resource that vouched for the token. */
  readonly provider: string
  readonly username: string
  readonly groups: readonly string[]
}

/** Namespace and ServiceAccount are the identity; labels are chosen by the pod's author and only narrow a selection. */
export interface Agent {
  readonly namespace: string
  readonly serviceAccount: string
  readonly labels: Readonly<Record<string, string>>
  /** Labels of the agent's namespace, for `namespaceSelector`. */
  readonly namespaceLabels: Readonly<Record<string, string>>
  /** Pod name, for records; absent on a laptop. */
  readonly pod?: string
  readonly user?: User
}

/** Whose budgets a session spends. */
export interface CountedFor {
  /** `namespace/serviceAccount`. */
  readonly agent: string
  /** `namespace/name`. */
  readonly pod: string
}

/** On a laptop the agent stands for its pod. */
export function countedFor({ namespace, serviceAccount, pod }: Agent): CountedFor {
  const agent = `${namespace}/${serviceAccount}`
  return { agent, pod: pod === undefined ? agent : `${namespace}/${pod}` }
}
