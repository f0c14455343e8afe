// What a judgement says, as text that a reviewer can read.
import type { Snapshots } from '../../snapshots/snapshots.ts'
import type { Judgement } from '../judgement.ts'
import type { Judged } from '../verdict.ts'

export function describeVerdicts(judgement: Judgement, snapshots: Snapshots): readonly string[] {
  const { world } = judgement
  const lines: string[] = []
  for (const key of world.connections.keys()) {
    const verdict = judgement.connectionVerdict(key)
    if (verdict === undefined) continue
    const { accepted, resolved, steers } = verdict
    lines.push(`Connection ${key}: ${said(accepted)} · ${said(resolved)}${steers ? '' : ' · steers nothing'}`)
  }
  for (const key of world.policies.keys()) {
    const verdict = judgement.policyVerdict(key)
    if (verdict === undefined) continue
    const counts = `${judgement.matchedAgents(key)} agents, ${judgement.selectedBy(key).size} connections`
    lines.push(`Policy ${key}: ${said(verdict.accepted)} · ${said(verdict.resolved)} · ${counts}`)
  }
  for (const pod of world.pods.keys()) {
    const snapshot = snapshots.of(pod)
    if (snapshot !== undefined) lines.push(`Pod ${pod}: ${describeSnapshot(snapshot)}`)
  }
  return lines.sort()
}

function said({ holds, reason, message }: Judged): string {
  return holds && !message.includes('but') ? reason : `${holds ? '' : 'not, '}${reason}: ${message}`
}

function describeSnapshot(snapshot: NonNullable<ReturnType<Snapshots['of']>>): string {
  const policies = [...snapshot.accessPolicies, ...snapshot.clusterAccessPolicies].map(nameOf)
  const denied = [...Object.keys(snapshot.invalidPolicies), ...Object.keys(snapshot.connectionProblems)]
  const keys = (document: object): string => Object.keys(Object(Reflect.get(document, 'data'))).join(' ')
  const references = [...snapshot.secrets, ...snapshot.configMaps].map((one) => `${nameOf(one)}(${keys(one)})`)
  const steered = snapshot.endpoints.map(
    ({ host, port, connections, addresses }) =>
      `${host}:${port}${addresses.length > 0 ? `=${addresses.join('=')}` : ''}→${connections.join('+')}`,
  )
  const parts: readonly (readonly [string, readonly string[]])[] = [
    ['opens', snapshot.connections.map(nameOf)],
    ['under', policies],
    ['asks', snapshot.identityProviders.map(nameOf)],
    ['denied by', denied],
    ['with', references],
    ['steers', steered],
    ['quarantine', snapshot.quarantine === undefined ? [] : [snapshot.quarantine]],
  ]
  const text = parts.filter(([, names]) => names.length > 0).map(([what, names]) => `${what} ${names.join(', ')}`)
  return text.join(' · ') || 'nothing'
}

function nameOf(document: object): string {
  return String(Reflect.get(Object(Reflect.get(document, 'metadata')), 'name'))
}
