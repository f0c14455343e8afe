// Processes of pods, as the node sees them: what no agent can reach, and what a crash does.
import type { Stage } from '../stage.ts'
import { GATEWAY, part } from './agents.ts'

/** Kills the gateway's container as a crash would; false if it does not run at the moment. `of`: `pod/one`. */
export async function killGateway(stage: Stage, of: string): Promise<boolean> {
  const path = `{.status.initContainerStatuses[?(@.name=="${GATEWAY}")].containerID}`
  const id = (await part(stage, of, path)).replace(/^.*\//, '')
  if (id === '') return false
  return await kill(stage, await processesIn(stage, id))
}

async function kill({ cluster }: Stage, ids: readonly string[]): Promise<boolean> {
  if (ids.length === 0) return false
  await cluster.onNode(['sh', '-c', 'kill -KILL "$@" 2>/dev/null; true', 'sh', ...ids])
  return true
}

/** Whose control group has the text in its name. */
async function processesIn({ cluster }: Stage, group: string): Promise<readonly string[]> {
  const found = await cluster.onNode(['sh', '-c', 'grep -ls "$0" /proc/[0-9]*/cgroup || true', group])
  return [...found.matchAll(/\/proc\/(\d+)\//g)].map(([, id = '']) => id)
}
