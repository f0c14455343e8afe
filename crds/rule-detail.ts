// A rule of the schema says that something is wrong; where it is one of many, this says which.
import type { Fault } from './finding.ts'
import type { Resource } from './resource.ts'

export function inDetail(faults: readonly Fault[], resource: Resource): Fault[] {
  return faults.flatMap((fault) => {
    if (!fault.message.startsWith('during may only name windows')) return [fault]
    const windows = unknownWindows(resource)
    return windows.length > 0 ? windows : [fault]
  })
}

function unknownWindows({ kind, ...resource }: Resource): Fault[] {
  if (kind !== 'AccessPolicy' && kind !== 'ClusterAccessPolicy') return []
  if (!('spec' in resource) || !('rules' in resource.spec)) return []
  const { rules, windows = [] } = resource.spec
  const known = windows.map(({ name }) => name)
  return rules.flatMap(({ match }, rule) =>
    (match.during ?? []).flatMap((name, index) => {
      if (known.includes(name)) return []
      const path = ['spec', 'rules', rule, 'match', 'during', index]
      const message = `there is no window ${name} in this policy`
      return [{ path, message, allowed: known.length > 0 ? known.join(', ') : 'none, as spec.windows is not set' }]
    }),
  )
}
