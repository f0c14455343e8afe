// Which policies speak about an agent and a connection. Fields of a selector are ANDed, list items ORed.
import type { Agents, ClusterAccessPolicyConnection, LabelSelector } from '#crds/types.gen.ts'
import type { Agent } from '#sidecar/identity/agent.ts'
import type { ConnectionRef } from './connection.ts'

type Labels = Readonly<Record<string, string>>

/** As the API server reads label selectors: NotIn and DoesNotExist also hold where the label is absent. */
export function selectsLabels(selector: LabelSelector, labels: Labels): boolean {
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) {
    if (labelOf(labels, key) !== value) return false
  }
  for (const { key, operator, values } of selector.matchExpressions ?? []) {
    const value = labelOf(labels, key)
    if (!EXPRESSION[operator](value, values ?? [])) return false
  }
  return true
}

/**
 * Everything but the token: namespace, ServiceAccount and labels. `own` is the policy's namespace, which is meant when
 * the selector names none; a cluster-scoped policy has none and then means every namespace.
 */
export function selectsWorkload(selector: Agents, agent: Agent, own: string | undefined): boolean {
  if (selector.namespaces !== undefined) {
    if (!selector.namespaces.includes(agent.namespace)) return false
  } else if (selector.namespaceSelector !== undefined) {
    if (!selectsLabels(selector.namespaceSelector, agent.namespaceLabels)) return false
  } else if (own !== undefined && agent.namespace !== own) return false
  if (selector.serviceAccounts !== undefined && !selector.serviceAccounts.includes(agent.serviceAccount)) return false
  return selector.podSelector === undefined || selectsLabels(selector.podSelector, agent.labels)
}

/** A policy with `identity` selects only agents whose verified token is of that provider and one of its groups. */
export function selectsUser(selector: Agents, agent: Agent): boolean {
  const wanted = selector.identity
  if (wanted === undefined) return true
  const user = agent.user
  if (user === undefined || user.provider !== wanted.provider) return false
  return wanted.groups === undefined || wanted.groups.some((group) => user.groups.includes(group))
}

/** The connections of an AccessPolicy: always of its own namespace, because that side owns the target. */
export function selectsOwnConnection(
  own: string,
  names: readonly string[] | undefined,
  selector: LabelSelector | undefined,
  connection: ConnectionRef,
): boolean {
  if (connection.namespace !== own) return false
  if (names !== undefined) return names.includes(connection.name)
  return selector !== undefined && selectsLabels(selector, connection.labels)
}

export function selectsAnyConnection(
  selectors: readonly ClusterAccessPolicyConnection[],
  connection: ConnectionRef,
): boolean {
  return selectors.some(
    ({ namespace, name, selector }) =>
      (namespace === undefined || namespace === connection.namespace) &&
      (name === undefined || name === connection.name) &&
      (selector === undefined || selectsLabels(selector, connection.labels)),
  )
}

type Operator = NonNullable<LabelSelector['matchExpressions']>[number]['operator']

const EXPRESSION: Readonly<Record<Operator, (value: string | undefined, values: readonly string[]) => boolean>> = {
  In: (value, values) => value !== undefined && values.includes(value),
  NotIn: (value, values) => value === undefined || !values.includes(value),
  Exists: (value) => value !== undefined,
  DoesNotExist: (value) => value === undefined,
}

function labelOf(labels: Labels, key: string): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined
}
