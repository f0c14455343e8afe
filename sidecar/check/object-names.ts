// Names that rules and masks give to things: how many segments they have, and how they are spelt.
import type { Path } from '#crds/finding.ts'
import type { ObjectMatch, Rule } from '#crds/types.gen.ts'
import type { Report } from './fault.ts'
import type { ProtocolFacts } from './protocol-facts.ts'
import type { Policy } from './selection.ts'

interface Scope {
  readonly policy: Policy
  readonly spoken: readonly ProtocolFacts[]
  readonly settled: boolean
  readonly report: Report
}

/**
 * `*` never crosses a dot, so a name with too few segments is nobody's name. A Deny that matches nothing leaves open what it was
 * written to close, so there it is no mere suspicion.
 */
export function checkNames(scope: Scope, path: Path, { kind, names = [] }: ObjectMatch, action: Rule['action']): void {
  const { policy, spoken, settled, report } = scope
  const wanted = spoken.map(({ vocabulary }) => vocabulary.nameSegments?.[kind])
  const segments = Math.min(...wanted.map((count) => count ?? 1))
  for (const [index, name] of names.entries()) {
    const at = [...path, index]
    const given = name.split('.').length
    if (given < segments) {
      const message = `no ${kind} has the name ${name}: it needs ${segments} segments, and * never crosses a dot`
      const allowed = padded(name, segments - given)
      if (action === 'Deny' && settled) report.error(policy, 'NotEnforceable', at, message, allowed)
      else report.warning(policy, at, message, allowed)
    } else if (settled && !wanted.includes(undefined) && given > Math.max(...wanted.map((count) => count ?? 1))) {
      const message = `a name of a ${kind} has ${segments} segments, more only where a name itself has a dot, and ${name} has ${given}`
      report.warning(policy, at, message, 'columns are for masking, and no database goes in front')
    } else if (!wanted.includes(undefined)) warnOfSpelling(scope, at, name)
  }
}

/** `orders` is a name in any schema; `audit*` was more likely meant for all in those. */
function padded(name: string, missing: number): string {
  const rest = Array<string>(missing).fill('*')
  return (name.endsWith('*') ? [name, ...rest] : [...rest, name]).join('.')
}

type Scribe = Pick<Scope, 'policy' | 'settled' | 'report'>

function warnOfSpelling(scribe: Scribe, at: Path, name: string): void {
  const plain = name.replace(/\([^()]*\)$/, '')
  if (plain === name) warnOfQuotes(scribe, at, name)
  else warn(scribe, at, `${name} is compared with its arguments, and names have none here`, plain)
}

export function warnOfQuotes(scribe: Scribe, at: Path, name: string): void {
  if (!/(^|\.)"[^"]*"(\.|$)/.test(name)) return
  warn(scribe, at, `${name} is compared with its quotes, and names have none here`, name.replaceAll('"', ''))
}

function warn({ policy, settled, report }: Scribe, at: Path, message: string, allowed: string): void {
  if (settled) report.warning(policy, at, message, allowed)
}
