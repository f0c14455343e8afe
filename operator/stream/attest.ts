// Whether the gateway at the other end is one that we put into a live pod, before anything is released to it.
//
// Five things have to agree: the API server's word on the token (its audience is ours, and it is bound to a pod), the pod itself (alive,
// the same UID, in the form that admission lets through), the address that the stream comes from, and the key that was pinned for
// the pod when its gateway first came. A token that was stolen, a pod that slipped past admission, and a second process in the
// same pod each fail at least one.
import type { PodIdentity } from '#contracts/control/messages.ts'
import { TOKEN_AUDIENCE } from '#contracts/pod/names.ts'
import type { PinStore } from './pins.ts'
import type { LivePod } from './pod-facts.ts'

export interface Claim {
  readonly token: string
  readonly remoteAddress: string
  /** SHA-256 of the public key in the peer's certificate, hex. */
  readonly fingerprint: string
}

export type Attestation =
  | { readonly accepted: true; readonly identity: PodIdentity; readonly pinnedAnew: boolean }
  /** `final`: the same pod cannot do better by trying again. */
  | { readonly accepted: false; readonly reason: string; readonly final: boolean }

/** What a ServiceAccount token stands for, from a TokenReview. */
export interface TokenSubject {
  readonly namespace: string
  readonly serviceAccount: string
  readonly pod: string
  readonly podUid: string
}

export interface Attester {
  attest(claim: Claim): Promise<Attestation>
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
  return { attest: (claim) => attest(claim, options) }
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
  const [violation] = await options.violations(pod)
  if (violation !== undefined) return refused(`pod ${name} would not be admitted: ${violation}`, true)
  const pin = await options.pins.pin(pod, claim.fingerprint)
  if (!pin.held) return refused(`pod ${name}: ${pin.reason}`, false)
  return { accepted: true, identity: identityOf(pod, options), pinnedAnew: pin.anew }
}

export function identityOf(pod: LivePod, options: Pick<AttestOptions, 'namespaceLabels'>): PodIdentity {
  return {
    namespace: pod.namespace,
    serviceAccount: pod.serviceAccount,
    pod: pod.name,
    podUid: pod.uid,
    labels: pod.labels,
    namespaceLabels: options.namespaceLabels(pod.namespace),
  }
}

function refused(reason: string, final: boolean): Attestation {
  return { accepted: false, reason, final }
}

/** An IPv4 peer of a dual-stack socket is written `::ffff:10.0.0.1`. */
function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice('::ffff:'.length) : address
}
