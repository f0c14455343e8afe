// What to do for whoever is not let in because no policy selects, where one would select the bearer of a token.
import type { User } from '#sidecar/identity/agent.ts'
import type { Hello } from './hello.ts'
import { isLoopback } from './loopback.ts'

/** `providers`: the IdentityProviders that policies ask a token of. */
export function tokenHint(
  providers: readonly string[],
  user: User | undefined,
  { tls, socket }: Pick<Hello, 'tls' | 'socket'>,
): string | undefined {
  if (providers.length === 0) return undefined
  if (user !== undefined)
    return `The identity token was accepted by provider ${user.provider}, but policies ask for groups that it does not name, or for a token of another provider.`
  const how =
    tls === undefined && !isLoopback(socket)
      ? 'connect with TLS (sslmode=require or stronger) and give it as the password'
      : 'give it, a JWT, as the password'
  return `A policy here asks for an identity token of provider ${providers.join(' or ')}: ${how}.`
}
