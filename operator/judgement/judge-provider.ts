// The verdict on an IdentityProvider. Gateways fetch its keys; here is said whether they may.
import type { IdentityProvider } from '#crds/types.gen.ts'
import { unreadable } from './judge-connection.ts'
import type { Known } from './known.ts'
import { fails, holds, type Judged } from './verdict.ts'

export function judgeProvider(provider: Known<IdentityProvider>): Judged {
  const { resource } = provider
  if (resource === undefined) return unreadable(provider).accepted
  const { issuer, jwksURI } = resource.spec
  const [bad] = Object.entries({ issuer, jwksURI }).filter(([, url]) => url?.startsWith('http:'))
  if (bad === undefined) return holds('Valid', 'it is valid')
  const [field, url] = bad
  // The schema lets it pass for a gateway on a laptop. In a pod whoever signs its own tokens could serve the keys for them.
  return fails(
    'LoopbackIssuer',
    `spec.${field}: ${url} is inside of the agent’s own pod, where the agent could answer; name an https address`,
  )
}
