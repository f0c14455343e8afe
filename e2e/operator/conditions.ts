// Conditions in the status of the owner's resources.
import type { Stage } from './stage.ts'

export interface Condition {
  readonly type: string
  readonly status: string
  readonly reason: string
  readonly message: string
}

/** Only one that was found for the object as it is now. */
export async function conditionOf({ kubectl }: Stage, of: string, type: string): Promise<Condition | undefined> {
  const { metadata, status } = JSON.parse(await kubectl('get', '-n', 'data', of, '-o', 'json'))
  if (status?.observedGeneration !== metadata.generation) return undefined
  return status.conditions?.find((each: Condition) => each.type === type)
}

/** As people and pipelines wait for it. */
export async function untilCondition({ kubectl }: Stage, type: string, ...of: readonly string[]): Promise<void> {
  await kubectl('wait', '-n', 'data', `--for=condition=${type}`, '--timeout=60s', ...of)
}
