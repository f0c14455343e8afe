// Whether the gateway at the other end is one that we put into a live pod, before anything is released to it.
//
// Five things have to agree: the API server's word on the token (its audience is ours, and it is bound to a pod), the pod itself (alive,
// the same UID, in the form that admission lets through), the address that the stream comes from, and the key that was pinned for
// the pod when its gateway first came. A token that was stolen, a pod that slipped past admission, and a second process in the
// same pod each fail at least one.
//
// What was released rests on the pod staying so: when it changes while the stream is open, the pod and the key are held against each
// other again (`reattestation.ts`).
import type { PodIdentity } from '#contracts/control/messages.ts'
import { TOKEN_AUDIENCE } from '#contracts/pod/names.ts'
import type { Pin, PinStore } from './pins.ts'
import type { LivePod } from './pod-facts.ts'

export interface Claim {
  readonly token: string
  readonly remoteAddress: string
  /** SHA-256 of the public key in the peer's certificate, hex. */
  readonly fingerprint: string
}

export type Attestation =
  | { readonly accepted: true; readonly identity: PodIdentity; readonly pinnedAnew: boolean; readonly form: string }
  | Unattested

export interface Unattested {
  readonly accepted: false
  readonly reason: string
  /** The same pod cannot do better by trying again; whatever its gateway has in force is to end. */
  readonly final: boolean
  /** Whose claim it is, where that is known. */
  readonly pod?: Pick<PodIdentity, 'namespace' | 'pod' | 'podUid'>
}

/** What is still so of a pod whose gateway has a stream. */
export type Confirmation = { readonly accepted: true; readonly form: string } | Unattested

/** What a ServiceAccount token stands for, from a TokenReview. */
export interface TokenSubject {
  readonly namespace: string
  readonly serviceAccount: string
  readonly pod: string
  readonly podUid: string
}

export interface Attester {
  attest(claim: Claim): Promise<Attestation>
  /** Once more, for a stream that is open. Rejects where nobody can say. */
  confirm(identity: PodIdentity, fingerprint: string): Promise<Confirmation>
}

export interface AttestOptions {
  /** Undefined: the token is not authentic, not for this audience, or not bound to a pod. */
  reviewToken(token: string, audience: string): Promise<TokenSubject | undefined>
  /** As the API server has it now; undefined: there is none. */
  livePod(namespace: string, name: string): Promise<LivePod | undefined>
  namespaceLabels(namespace: string): Readonly<Record<string, string>>
  /** What admission would refuse in it now. */
  violations(pod: LivePod): Promise<readonly string[]>
  readonly pins: PinStore
}

export function attester(options: AttestOptions): Attester {
  return {
    attest: (claim) => attest(claim, options),
    confirm: (identity, fingerprint) => confirm(identity, fingerprint, options),
  }
}

async function attest(claim: Claim, options: AttestOptions): Promise<Attestation> {
  const subject = await options.reviewToken(claim.token, TOKEN_AUDIENCE)
  if (!subject) return refused(`the token is not one for ${TOKEN_AUDIENCE} that is bound to a pod`, false)
  const name = `${subject.namespace}/${subject.pod}`
  const pod = await options.livePod(subject.namespace, subject.pod)
  if (!pod || pod.uid !== subject.podUid) return refused(`pod ${name} of the token does not exist any more`, true)
  if (pod.finished) return refused(`pod ${name} has ended`, true)
  if (pod.serviceAccount !== subject.serviceAccount) return refused(`pod ${name} runs as another ServiceAccount`, true)
  if (pod.addresses.length === 0) return refused(`pod ${name} has no address yet`, false)
  if (!pod.addresses.includes(plainAddress(claim.remoteAddress))) {
    return refused(`the stream comes from ${claim.remoteAddress}, which is not an address of pod ${name}`, false)
  }
  const violation = await violationOf(pod, options)
  if (violation) return violation
  const pin = await options.pins.pin(pod, claim.fingerprint)
  if (!pin.held) return unpinned(pod, pin)
  return { accepted: true, identity: identityOf(pod, options), pinnedAnew: pin.anew, form: pod.form }
}

async function confirm(
  { namespace, pod: name, podUid }: PodIdentity,
  fingerprint: string,
  options: AttestOptions,
): Promise<Confirmation> {
  const pod = await options.livePod(namespace, name)
  if (!pod || pod.uid !== podUid) return refused(`pod ${namespace}/${name} does not exist any more`, true)
  // Nothing of it runs.
  if (pod.finished) return { accepted: true, form: pod.form }
  const violation = await violationOf(pod, options)
  if (violation) return violation
  const pin = await options.pins.confirm(pod, fingerprint)
  return pin.held ? { accepted: true, form: pod.form } : unpinned(pod, pin)
}

async function violationOf(pod: LivePod, options: AttestOptions): Promise<Unattested | undefined> {
  const [violation] = await options.violations(pod)
  return violation === undefined ? undefined : refused(`${nameOf(pod)} would not be admitted: ${violation}`, true, pod)
}

function unpinned(pod: LivePod, { reason, final }: Pin & { readonly held: false }): Unattested {
  return refused(`${nameOf(pod)}: ${reason}`, final, pod)
}

function nameOf({ namespace, name }: LivePod): string {
  return `pod ${namespace}/${name}`
}

function identityOf(pod: LivePod, options: Pick<AttestOptions, 'namespaceLabels'>): PodIdentity {
  return {
    namespace: pod.namespace,
    serviceAccount: pod.serviceAccount,
    pod: pod.name,
    podUid: pod.uid,
    labels: pod.labels,
    namespaceLabels: options.namespaceLabels(pod.namespace),
  }
}

function refused(reason: string, final: boolean, pod?: LivePod): Unattested {
  const whose = pod && { pod: { namespace: pod.namespace, pod: pod.name, podUid: pod.uid } }
  return { accepted: false, reason, final, ...whose }
}

/** An IPv4 peer of a dual-stack socket is written `::ffff:10.0.0.1`. */
function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice('::ffff:'.length) : address
}
