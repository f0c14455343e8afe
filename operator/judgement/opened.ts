// Which Connections are open to an agent that is about to come: admission asks before there is a pod. What runs already is in groups
// (agents.ts), which know their policies.
import type { Agent } from '#sidecar/identity/agent.ts'
import { selectsWorkload } from '#sidecar/policy/select.ts'
import type { Judgement } from './judgement.ts'
import type { KnownPolicy } from './world.ts'

/** Keys, sorted. Every policy is looked at, once. */
export function openedTo(agent: Agent, judgement: Judgement): readonly string[] {
  const open = new Set<string>()
  for (const policy of judgement.world.policies.values()) {
    const { resource, metadata, key } = policy
    if (resource === undefined || !grants(policy)) continue
    if (selectsWorkload(resource.spec.agents, agent, metadata.namespace))
      for (const connection of judgement.selectedBy(key)) open.add(connection)
  }
  return [...open].sort()
}

/** A guardrail opens nothing by itself. */
export function grants({ resource }: KnownPolicy): boolean {
  return resource !== undefined && (resource.kind === 'AccessPolicy' || resource.spec.grants)
}
