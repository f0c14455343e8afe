// What the checks doubt → the conditions of a status. One condition is about the object itself, the other about what it refers to.
import { fieldOf } from '#crds/finding.ts'
import type { Resource } from '#crds/resource.ts'
import type { Doubt, Reason } from '#sidecar/check/fault.ts'
import { keyOf } from '#sidecar/check/names.ts'
import { fails, holds, type Judged, type Verdict } from './verdict.ts'

/** What an object shows by itself, with this version's knowledge of protocols. */
const OF_ITSELF: ReadonlySet<Reason> = new Set<Reason>([
  'UnsupportedProtocol',
  'InvalidSettings',
  'CredentialsMissing',
  'HostNotPermitted',
  'EndpointConflict',
  'InvalidWindow',
  'InvalidMask',
  'UnknownWord',
])

/** Where the check has no list of what would be right: in a cluster the list would change all the time. */
const REMEDIES: Partial<Record<Reason, string>> = {
  SecretNotFound:
    'create it with this type, or correct the name; if one exists with another type, delete it and create it anew, because a Secret’s type cannot be changed',
  ConfigMapNotFound: 'create it, or correct the name',
  ConnectionNotFound: 'create it, or correct the name',
  IdentityProviderNotFound: 'create it, or correct the name',
}

/** Enough to work on; a condition has room for 32 KiB. */
const MOST_SENTENCES = 10

/** The verdict on `about`, if nothing but these doubts speaks against it. */
export function verdictOf(about: Resource, doubts: readonly Doubt[]): Verdict {
  const errors = doubts.filter(({ severity }) => severity === 'error')
  const accepted = judged(
    about,
    errors.filter(({ reason }) => OF_ITSELF.has(reason)),
  )
  const resolved = judged(
    about,
    errors.filter(({ reason }) => !OF_ITSELF.has(reason)),
  )
  const warnings = doubts.filter(({ severity }) => severity === 'warning')
  const [first] = [accepted, resolved].filter((each) => each !== undefined)
  return {
    accepted: accepted ?? holds('Valid', withWarnings('it is valid', about, warnings)),
    resolved: resolved ?? holds('Resolved', 'all that it refers to is there'),
    ...(first === undefined ? {} : { problem: first.message }),
  }
}

function judged(about: Resource, errors: readonly Doubt[]): Judged | undefined {
  const [first] = errors
  if (first === undefined) return undefined
  return fails(first.reason, sentences(about, errors))
}

function withWarnings(text: string, about: Resource, warnings: readonly Doubt[]): string {
  return warnings.length === 0 ? text : `${text}, but probably not what is meant: ${sentences(about, warnings)}`
}

function sentences(about: Resource, doubts: readonly Doubt[]): string {
  const said = doubts.slice(0, MOST_SENTENCES).map((doubt) => sentence(about, doubt))
  const more = doubts.length - said.length
  return [...said, ...(more > 0 ? [`and ${more} more`] : [])].join('. ')
}

export function sentence(about: Resource, { about: at, path, message, allowed, reason }: Doubt): string {
  const place = at === about ? fieldOf(path) : `${at.kind} ${keyOf(at)} ${fieldOf(path)}`
  const remedy = allowed === undefined ? REMEDIES[reason] : `allowed: ${allowed}`
  return `${place}: ${message}${remedy === undefined ? '' : `; ${remedy}`}`
}
