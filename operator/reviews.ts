// Questions to the API server about tokens and rights.
import type { Authorize } from './admission/access.ts'
import type { Api } from './kube/client.ts'
import { isRecord } from './kube/object.ts'
import { SUBJECT_ACCESS_REVIEWS, TOKEN_REVIEWS } from './resources.ts'
import type { TokenSubject } from './stream/attest.ts'

type Reviews = Pick<Api, 'createReview'>

/** Where a bound token says which pod it is for (KEP-1205). */
const POD_NAME = 'authentication.kubernetes.io/pod-name'
const POD_UID = 'authentication.kubernetes.io/pod-uid'
const SERVICE_ACCOUNT = /^system:serviceaccount:([^:]+):([^:]+)$/

/** Undefined: the token is not authentic, not for the audience, or not bound to a pod. */
export async function reviewToken(api: Reviews, token: string, audience: string): Promise<TokenSubject | undefined> {
  const status = await api.createReview(TOKEN_REVIEWS, { token, audiences: [audience] })
  const { authenticated, audiences, user } = status
  if (authenticated !== true || !Array.isArray(audiences) || !audiences.includes(audience)) return undefined
  const { username, extra } = isRecord(user) ? user : {}
  const [, namespace, serviceAccount] = (typeof username === 'string' && SERVICE_ACCOUNT.exec(username)) || []
  const bound = isRecord(extra) ? extra : {}
  const [pod, podUid] = [firstText(bound[POD_NAME]), firstText(bound[POD_UID])]
  if (namespace === undefined || serviceAccount === undefined || pod === undefined || podUid === undefined) {
    return undefined
  }
  return { namespace, serviceAccount, pod, podUid }
}

export function authorizer(api: Reviews): Authorize {
  return async ({ user, verb, group, resource, namespace, name }) => {
    const status = await api.createReview(SUBJECT_ACCESS_REVIEWS, {
      user: user.username,
      uid: user.uid,
      groups: user.groups,
      extra: user.extra,
      resourceAttributes: { verb, group, resource, name, ...(namespace === undefined ? {} : { namespace }) },
    })
    return status['allowed'] === true
  }
}

function firstText(value: unknown): string | undefined {
  const [first] = Array.isArray(value) ? value : []
  return typeof first === 'string' && first !== '' ? first : undefined
}
