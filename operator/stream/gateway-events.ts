// What people are told of gateways, as Events of their pods: `kubectl describe pod` shows them.
import type { PodIdentity } from '#contracts/control/messages.ts'
import type { Telling } from '../kube/events.ts'

type Whose = Pick<PodIdentity, 'namespace' | 'pod' | 'podUid'>

/** The pod is not, or not any more, one that credentials may be released to. */
export function notAttested(whose: Whose, reason: string): Telling {
  return warning(
    whose,
    'NotAttested',
    'Deny',
    `its gateway gets no policies and no credentials, and its sessions end: ${reason}`,
  )
}

/** A port that somebody sits on, a policy that this gateway does not understand. */
export function notInForce(whose: Whose, problem: string): Telling {
  return warning(
    whose,
    'NotInForce',
    'Program',
    `its gateway could not take the newest policies into force whole: ${problem}`,
  )
}

function warning({ namespace, pod, podUid }: Whose, reason: string, action: string, note: string): Telling {
  const regarding = { apiVersion: 'v1', kind: 'Pod', namespace, name: pod, uid: podUid }
  return { regarding, type: 'Warning', reason, action, note }
}
