// From a directory's manifests to what the gateway serves. What `sallyport check` calls an error is not in force here
// either: a policy with one denies what it selects, a Connection with one takes no sessions.
import { type Finding, fieldOf } from '#crds/finding.ts'
import KINDS from '#crds/kinds.gen.json' with { type: 'json' }
import type { Manifests } from '#crds/load.ts'
import { keyOf } from '#sidecar/check/names.ts'
import type { GatewayResources } from '#sidecar/gateway/configuration.ts'
import { PROTOCOLS } from '#sidecar/protocols/registry.ts'
import { doubtsOf } from '../check/check.ts'

const KNOWN: ReadonlySet<string> = new Set(KINDS.map(({ kind }) => kind))

/** Why a gateway that is to start has nothing to serve. */
export function nothingToServe({ files, resources }: Manifests): string | undefined {
  if (files === 0) return 'there are no manifests in the directory'
  return resources.connections.length === 0 ? 'there is no Connection among the manifests' : undefined
}

/**
 * Why these manifests cannot be used at all: nobody can tell what the unreadable part would have forbidden. A kind that does not
 * exist may be a policy's, misspelt.
 */
export function unusable({ findings, rejected }: Manifests): string | undefined {
  const named = rejected.filter(({ name, namespace, kind }) => {
    return KNOWN.has(kind) && name !== undefined && (namespace !== undefined || kind === 'ClusterAccessPolicy')
  })
  const nameless = rejected.find((one) => !named.includes(one))
  if (nameless) {
    const { file, line, kind, reason } = nameless
    return `${file}:${line}: ${KNOWN.has(kind) ? `${kind}: ` : ''}${reason}`
  }
  const whole = findings.find(({ severity, field }) => severity === 'error' && field === '')
  return whole && describe(whole)
}

export interface DirectoryResources extends GatewayResources {
  /** What is in force as it stands, and probably not meant. */
  readonly warnings: readonly string[]
}

export function gatewayResources(manifests: Manifests): DirectoryResources {
  const { resources, rejected } = manifests
  const invalid = new Map<string, string>()
  const connectionProblems = new Map<string, string>()
  for (const { kind, namespace, name, reason } of rejected) {
    if (kind === 'AccessPolicy') invalid.set(`${namespace}/${name}`, reason)
    if (kind === 'ClusterAccessPolicy') invalid.set(`${name}`, reason)
    // Said again where there are two of one name: nobody can tell which of them is meant.
    if (kind === 'Connection') connectionProblems.set(`${namespace}/${name}`, reason)
  }
  const warnings: string[] = passedOver(manifests)
  for (const { severity, about, path, message, allowed } of doubtsOf(manifests, PROTOCOLS)) {
    const key = keyOf(about)
    const problem = `${fieldOf(path)}: ${message}`
    if (severity === 'warning') {
      warnings.push(`${about.kind} ${key}: ${problem}${allowed === undefined ? '' : `; allowed: ${allowed}`}`)
      continue
    }
    if (about.kind === 'Connection') connectionProblems.set(key, connectionProblems.get(key) ?? problem)
    if (about.kind.endsWith('AccessPolicy')) invalid.set(key, invalid.get(key) ?? problem)
  }
  const plain = <T>(loaded: readonly { readonly resource: T }[]): readonly T[] => loaded.map(({ resource }) => resource)
  return {
    connections: plain(resources.connections),
    accessPolicies: plain(resources.accessPolicies),
    clusterAccessPolicies: plain(resources.clusterAccessPolicies),
    identityProviders: plain(resources.identityProviders),
    secrets: plain(resources.secrets),
    configMaps: plain(resources.configMaps),
    invalid,
    connectionProblems,
    warnings,
  }
}

/** What is not ours, or not written as ours, and so neither allows nor denies anything. In one line, however much there is. */
function passedOver({ skipped }: Manifests): string[] {
  if (skipped.length === 0) return []
  const more = skipped.length > SHOWN ? ` and ${skipped.length - SHOWN} more` : ''
  return [`not looked at, because its apiVersion is none of ours: ${skipped.slice(0, SHOWN).join(', ')}${more}`]
}

const SHOWN = 5

function describe({ file, line, column, field, message }: Finding): string {
  return `${file}:${line}:${column}: ${field === '' ? '' : `${field}: `}${message}`
}
