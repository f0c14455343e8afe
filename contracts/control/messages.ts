// The stream between a gateway and the operator: what either side says. One JSON object a line over mutual TLS; the gateway
// dials. Its certificate is one that it signed itself at start: it proves the key which the operator pins for the pod, and the
// token in `hello` proves the pod.

/**
 * An object as the API server gave it, without managedFields and status. The receiver validates it with its own schema:
 * a field that it does not know makes the object unusable, never less strict.
 */
export type ResourceDocument = Readonly<Record<string, unknown>>

/** Raised when an older side could misread a newer one. */
export const CONTROL_PROTOCOL = 2

export type FromGateway = Hello | Acknowledged | Rejected | Alive | Refused | BudgetRequest

/** The first message, within seconds of the handshake. */
export interface Hello {
  readonly type: 'hello'
  readonly protocol: number
  /** ServiceAccount token with our audience, bound to the pod. */
  readonly token: string
  /** The version of the gateway's own code. */
  readonly version: string
  /** Public key, PEM, that the pod's recordings are signed with. */
  readonly recordingKey: string
}

/** The snapshot is in force: listeners are open and sessions decided again. */
export interface Acknowledged {
  readonly type: 'acknowledged'
  readonly version: string
}

/** The snapshot could not be taken into force whole; the one before it still is. */
export interface Rejected {
  readonly type: 'rejected'
  readonly version: string
  readonly problem: string
}

/** Sent at the interval that `welcome` named. */
export interface Alive {
  readonly type: 'alive'
  readonly sessions: number
}

/** A destination that the pod tried to reach and no Connection covers; each pair at most once a minute. */
export interface Refused {
  readonly type: 'refused'
  /** A name that was asked for, or an address. */
  readonly host: string
  /** Absent for names that were only looked up. */
  readonly port?: number
  readonly times: number
}

/**
 * What a gateway has used of a budget that all pods of the agent have in common, and what it would like to have. Each one says
 * everything anew, so that one that is lost, or whose answer is, costs nothing.
 */
export interface BudgetRequest {
  readonly type: 'budget'
  /** Policy, metric and window of the limit. */
  readonly limit: string
  /** When the gateway began, by its own clock: a later one has taken the place of an earlier one of the same pod. */
  readonly since: number
  /** Rises with each request of the gateway. */
  readonly serial: number
  /** The least that some limit enforces. Absent: only counted. */
  readonly max?: number
  /** Absent: what counts is what is in use at this moment, and comes back. */
  readonly windowSeconds?: number
  /** All that was used since the gateway began; without a window, what is in use. */
  readonly used: number
  /** How much of `used` an answer has confirmed. */
  readonly confirmed: number
  /** What the gateway keeps of its lease; without a window this includes what is in use. What it had beyond that is given back. */
  readonly held: number
  /** How much more it would like. */
  readonly wanted: number
  /** Something was refused for want of room. */
  readonly urgent: boolean
}

export type FromOperator = Welcome | Snapshot | Cut | Beat | Lease | Recall | Refusal

/** The gateway is who it says. */
export interface Welcome {
  readonly type: 'welcome'
  readonly agent: PodIdentity
  readonly aliveSeconds: number
  /** Silence for longer than this is a lost stream. */
  readonly silenceSeconds: number
  /** How long the last snapshot stays in force without a stream. */
  readonly staleSeconds: number
  /** Base64: what Hash and Tokenize masks are keyed with, the same in every gateway of the installation. */
  readonly maskingKeys: { readonly hash: string; readonly tokenize: string }
  /** PEM, added to the pod's trust bundle. */
  readonly extraCas: readonly string[]
}

export interface PodIdentity {
  readonly namespace: string
  readonly serviceAccount: string
  readonly pod: string
  readonly podUid: string
  readonly labels: Readonly<Record<string, string>>
  readonly namespaceLabels: Readonly<Record<string, string>>
}

/** Everything that this pod's gateway enforces; it replaces the one before it. */
export interface Snapshot {
  readonly type: 'snapshot'
  /** Of the content: equal snapshots have equal versions. */
  readonly version: string
  readonly agent: PodIdentity
  readonly connections: readonly ResourceDocument[]
  readonly accessPolicies: readonly ResourceDocument[]
  readonly clusterAccessPolicies: readonly ResourceDocument[]
  readonly identityProviders: readonly ResourceDocument[]
  /** Only those that the connections name, with the keys that they need. */
  readonly secrets: readonly ResourceDocument[]
  readonly configMaps: readonly ResourceDocument[]
  /** Policies that cannot be enforced, `namespace/name` or name, and why: what they select is denied. */
  readonly invalidPolicies: Readonly<Record<string, string>>
  /** Connections that cannot be served, `namespace/name`, and why. */
  readonly connectionProblems: Readonly<Record<string, string>>
  readonly endpoints: readonly SteeredEndpoint[]
  /** Addresses of the name servers that the gateway asks for its upstreams. */
  readonly nameServers: readonly string[]
  /** `cluster.local`, usually. */
  readonly clusterDomain: string
  /** Present: the pod is in quarantine. Every session is cut, for this reason, and none is opened. */
  readonly quarantine?: string
}

export interface SteeredEndpoint {
  /** A name, an address, or `*.db.data.svc`; in-cluster names end in `.svc`, however a Connection spells them. */
  readonly host: string
  readonly port: number
  /** `namespace/name` of the Connections behind it; several are told apart by their protocol's hello. */
  readonly connections: readonly string[]
  /** Addresses that stand for the host today (ClusterIPs, for one): dialling them is dialling the endpoint. */
  readonly addresses: readonly string[]
}

/** Sessions end now; the stream stays. */
export interface Cut {
  readonly type: 'cut'
  readonly reason: string
}

/** Nothing new; the operator is there. */
export interface Beat {
  readonly type: 'beat'
}

/** The answer to one BudgetRequest. */
export interface Lease {
  readonly type: 'lease'
  readonly limit: string
  readonly serial: number
  /** What the gateway may hold in all, as of its request. */
  readonly holds: number
  /** What all pods of the agent together have reported within the window. */
  readonly counted: number
  /** After this many seconds without another answer nothing of it may be used any more. */
  readonly seconds: number
  /** Where less than was wanted could be given: when there may be more. */
  readonly retrySeconds?: number
}

/** Others have less: the gateway gives back what it holds beyond `most` and does not use. */
export interface Recall {
  readonly type: 'recall'
  readonly limit: string
  readonly most: number
}

/** The last message: the stream is not accepted, or ends. */
export interface Refusal {
  readonly type: 'refusal'
  readonly reason: string
  /** Trying again cannot help until the pod is another one. */
  readonly final: boolean
}
