// Paths that the connection strings of an agent name as root certificate: `settings.trustFiles` of the Connections that are open to it.
import type { Agent } from '#sidecar/identity/agent.ts'
import type { Judgement } from './judgement/judgement.ts'
import { openedTo } from './judgement/opened.ts'

/** A pod with more mounts than this would serve nobody. */
const MOST_FILES = 64

/** Those of accepted Connections only: whose host it is not has no say in the agent's files. */
export function trustFilesOf(agent: Agent, judgement: Judgement): readonly string[] {
  const files = openedTo(agent, judgement)
    .filter((key) => judgement.connectionVerdict(key)?.accepted.holds)
    .flatMap((key) => {
      const named = judgement.world.connections.get(key)?.resource?.spec.settings?.['trustFiles']
      return Array.isArray(named) ? named.filter((path) => typeof path === 'string') : []
    })
  return [...new Set(files)].slice(0, MOST_FILES)
}
