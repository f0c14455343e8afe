// What the tests of threats stand on: the hostile pods, the witness on the node, and a hand on the node's processes.
import { GATEWAY_CONTAINER } from '#contracts/pod/names.ts'
import { gatewayProcess, type PodName } from '../processes.ts'
import type { Answer, Stage } from '../stage.ts'
import { AGENTS, OUTSIDE, type PODS } from './pods.ts'
import type { Witness } from './witness.ts'

export type Attacker = keyof typeof PODS

export interface Ground {
  readonly stage: Stage
  readonly witness: Witness
  /** Places that gateways may speak to: the operator, as `address tcp 8443`. */
  readonly operator: string
}

export const GATEWAY = GATEWAY_CONTAINER

/** One try of the probe in the agent's container: what came of it, in a word. */
export async function attempt(
  { stage }: Ground,
  who: Attacker,
  ...words: readonly (string | number)[]
): Promise<string> {
  const { out, err } = await inAgent(stage, who, 'python3', '/probe/probe.py', ...words.map(String))
  return out.trim() || err.trim()
}

export function inAgent(stage: Stage, who: Attacker, ...command: readonly string[]): Promise<Answer> {
  return stage.exec({ namespace: AGENTS, of: `pod/${who}` }, ...command)
}

export function inPeer(stage: Stage, ...command: readonly string[]): Promise<Answer> {
  return stage.exec({ namespace: OUTSIDE, of: 'pod/peer' }, ...command)
}

/** psql as the pod's own code would call it. */
export function psqlOf(stage: Stage, who: Attacker, statement: string, host = 'orders-db.data'): Promise<Answer> {
  const place = `host=${host} dbname=orders user=anyone connect_timeout=10`
  return inAgent(stage, who, 'psql', '-X', '-A', '-t', place, '-c', statement)
}

export async function podField(stage: Stage, who: string, path: string, namespace = AGENTS): Promise<string> {
  return stage.kubectl('get', 'pod', who, '-n', namespace, '-o', `jsonpath=${path}`)
}

export const podAddress = (stage: Stage, who: string, namespace = AGENTS): Promise<string> =>
  podField(stage, who, '{.status.podIP}', namespace)

export const gatewayUid = (stage: Stage, who: Attacker): Promise<string> =>
  podField(stage, who, `{.spec.initContainers[?(@.name=="${GATEWAY}")].securityContext.runAsUser}`)

/** As the node's processes are asked about. */
export function hostile(who: Attacker): PodName {
  return { namespace: AGENTS, name: who }
}

/** Runs a program of the node's in a pod's network, as a user of one's choice: what an image could be built to do. */
export async function inNetworkOf(
  stage: Stage,
  who: Attacker,
  user: { readonly uid: string; readonly gid: string },
  ...command: readonly string[]
): Promise<string> {
  const process = await stage.until(`the gateway of ${who}`, () => gatewayProcess(stage, hostile(who)))
  const become = ['setpriv', '--reuid', user.uid, '--regid', user.gid, '--clear-groups', '--']
  return (await stage.cluster.onNode(['nsenter', '--target', process, '--net', '--', ...become, ...command])).trim()
}
