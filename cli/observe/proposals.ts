// Places → what would open them, with every guess marked. Pure.
import { isIP } from 'node:net'
import { namespaceOfHost } from '#sidecar/check/claims.ts'
import type { Destination } from './destinations.ts'
import { covering, type KnownConnection } from './known-connections.ts'

export interface Proposal {
  readonly destination: Destination
  /** Of the Connection. */
  readonly name: string
  readonly namespace: string
  readonly protocol: string
  /** The Connection is there; what is missing is a policy. */
  readonly exists: boolean
  /** `settings.tls` of TCP; undefined: its default, Required. */
  readonly tls: 'Optional' | 'None' | undefined
  /** A host outside the cluster. */
  readonly needsGrant: boolean
  readonly remarks: readonly string[]
}

export interface Left {
  readonly destination: Destination
  readonly why: string
}

export interface Owners {
  /** Namespaces with the owner label. */
  readonly labelled: readonly string[]
  /** Where Connections to hosts outside the cluster go. */
  readonly outside: string
  readonly connections: readonly KnownConnection[]
}

/** Nothing else can be the host of an endpoint; the schema of Connection says so too. Grants take no underscore. */
const HOST = /^[a-z0-9_]([-a-z0-9_]*[a-z0-9_])?([.][a-z0-9_]([-a-z0-9_]*[a-z0-9_])?)*$/
const MOST_HOST = 253

export function propose(
  destinations: readonly Destination[],
  owners: Owners,
): { readonly proposals: readonly Proposal[]; readonly left: readonly Left[] } {
  const names = new Set(owners.connections.map(({ namespace, name }) => `${namespace}/${name}`))
  const proposals: Proposal[] = []
  const left: Left[] = []
  for (const destination of destinations) {
    const why = whyNot(destination)
    if (why === undefined) proposals.push(existing(destination, owners) ?? proposal(destination, owners, names))
    else left.push({ destination, why })
  }
  return { proposals, left }
}

/** Whether there is anything that needs `owners.outside`. */
export function hasOutside(destinations: readonly Destination[], connections: readonly KnownConnection[]): boolean {
  return destinations.some(
    (destination) =>
      whyNot(destination) === undefined &&
      namespaceOfHost(destination.host) === undefined &&
      covering(connections, destination) === undefined,
  )
}

function whyNot({ host, port, why }: Destination): string | undefined {
  if (why !== undefined) return why
  if (port < 1 || port > 65_535) return 'no port that could be opened'
  if (isIP(host) !== 0) return undefined
  if (host.length > MOST_HOST || !HOST.test(host) || /^[0-9.]+$/.test(host)) return 'no host that a Connection can name'
  if (namespaceOfHost(host) === undefined && host.includes('_')) return 'no host that an EndpointGrant can name'
  return undefined
}

function existing(destination: Destination, { connections }: Owners): Proposal | undefined {
  const found = covering(connections, destination)
  if (found === undefined) return undefined
  const { namespace, name, protocol } = found.connection
  return {
    destination: { ...destination, port: found.port },
    name,
    namespace,
    protocol,
    exists: true,
    tls: undefined,
    needsGrant: false,
    remarks: behindRemark(destination),
  }
}

function proposal(destination: Destination, { labelled, outside }: Owners, names: Set<string>): Proposal {
  const { host, port, portGuessed, dialled, unsure } = destination
  const inside = namespaceOfHost(host)
  const namespace = inside ?? outside
  const protocol = port === 5432 ? 'PostgreSQL' : 'TCP'
  const tls = protocol === 'TCP' ? tlsOf(port) : undefined
  return {
    destination,
    name: nameFor(destination, namespace, names),
    namespace,
    protocol,
    exists: false,
    tls,
    needsGrant: inside === undefined,
    remarks: [
      ...(portGuessed ? [`Port ${port} is a guess: the name was only looked up, nobody could dial it.`] : []),
      ...(dialled.length > 0 ? [`Dialled by its address, ${dialled.join(' and ')}; either way leads there.`] : []),
      ...behindRemark(destination),
      ...(unsure ? ['Whether it is the cluster’s own (a node, the API server) could not be asked: look first.'] : []),
      ...(labelled.includes(namespace)
        ? []
        : [
            `Namespace ${namespace} must own it: kubectl label namespace ${namespace} sallyport.dev/owner=true, and the chart’s ownerNamespaces`,
          ]),
      ...(protocol === 'PostgreSQL' ? ['PostgreSQL is a guess by the port.'] : TLS_REMARKS[tls ?? 'Required']),
    ],
  }
}

function behindRemark({ behind }: Destination): readonly string[] {
  if (behind.length === 0) return []
  const more = behind.length > MOST_SHOWN ? ` and ${behind.length - MOST_SHOWN} more` : ''
  return [
    `Dialled at a pod of it, ${behind.slice(0, MOST_SHOWN).join(' and ')}${more}: agents have to use the Service’s name.`,
  ]
}

const MOST_SHOWN = 3

/** Ports on which everybody begins with TLS, and those on which servers speak first. */
const WITH_TLS = new Set([443, 465, 636, 853, 990, 993, 995, 5671, 6380, 8443, 8883, 9243])
const SERVER_FIRST = new Set([21, 22, 25, 110, 143, 587, 3306])

function tlsOf(port: number): Proposal['tls'] {
  if (WITH_TLS.has(port)) return undefined
  return SERVER_FIRST.has(port) ? 'None' : 'Optional'
}

const TLS_REMARKS: Readonly<Record<'Required' | 'Optional' | 'None', readonly string[]>> = {
  Required: [],
  Optional: ['Optional is a guess by the port: Required if agents begin with TLS, None if the target speaks first.'],
  None: ['None is a guess by the port: the target speaks first there; nothing of what passes is looked at.'],
}

/** A DNS label of the host; the port where that is taken. */
function nameFor({ host, port }: Destination, namespace: string, names: Set<string>): string {
  const short = host.endsWith(`.${namespace}.svc`) ? host.slice(0, -`.${namespace}.svc`.length) : host
  const label = short
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 50)
    .replace(/-+$/, '')
  const base = label === '' ? 'host' : label
  const candidates = [base, `${base}-${port}`]
  for (let more = 2; ; more++) {
    const name = candidates.shift() ?? `${base}-${port}-${more}`
    const key = `${namespace}/${name}`
    if (names.has(key)) continue
    names.add(key)
    return name
  }
}
