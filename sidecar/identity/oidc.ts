// Tells who is behind a token (a JWT of an OpenID Connect issuer), or refuses it and says why, without quoting it.
//
// Only asymmetric algorithms are allowed: with `none` or HMAC whoever knows the public key could sign (RFC 8725 section 3.1).
// The issuer named in the token only picks the provider to verify against; nothing of the token counts before that.
import { decodeJwt, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose'
import type { ResolveHost } from '#sidecar/net/resolve.ts'
import type { User } from './agent.ts'
import { providerKeys } from './provider-keys.ts'

/** An IdentityProvider resource with its name. */
export interface Provider {
  readonly name: string
  readonly issuer: string
  readonly audiences: readonly string[]
  /** Default: found by discovery. */
  readonly jwksURI?: string | undefined
  readonly claims: { readonly username: string; readonly groups: string }
}

export interface Verified {
  readonly user: User
  /** Milliseconds since 1970: the token's `exp`. */
  readonly expiresAt: number
}

export class TokenRefused extends Error {
  override readonly name = 'TokenRefused'
  /** What who gave the token can do. */
  readonly hint: string

  constructor(message: string, { cause, hint }: { readonly cause?: unknown; readonly hint?: string } = {}) {
    super(message, cause === undefined ? {} : { cause })
    this.hint = hint ?? 'Get a new token and give it as the password.'
  }
}

export interface TokenOptions {
  readonly now?: () => number
  readonly cooldownMilliseconds?: number
  /** Where issuers are; default: as the machine's own resolver says. */
  readonly resolve?: ResolveHost | undefined
  /** Told why a provider's keys cannot be had: that is for whoever runs the gateway, not for the agent. */
  readonly onTrouble?: ((provider: string, error: unknown) => void) | undefined
}

const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519']
const CLOCK_TOLERANCE_SECONDS = 30
const LONGEST_TOKEN = 65_536
const MOST_GROUPS = 1_000
const LONGEST_NAME = 256

interface Trusted {
  readonly provider: Provider
  source: Source
}

/** An issuer's keys, and where hosts are now. */
interface Source {
  readonly keys: JWTVerifyGetKey
  resolve: ResolveHost | undefined
}

export class TokenVerifier {
  readonly #providers: readonly Trusted[]
  readonly #now: () => number
  readonly #onTrouble: TokenOptions['onTrouble']

  constructor(providers: readonly Provider[], options: TokenOptions = {}) {
    const now = options.now ?? Date.now
    this.#now = now
    this.#onTrouble = options.onTrouble
    this.#providers = providers.map((provider) => ({ provider, source: newSource(provider, { ...options, now }) }))
  }

  /**
   * Goes on with the keys that another verifier has of the same issuers: else each edit of any resource would ask for them anew, and
   * lock everybody out while an issuer is away. They are looked for where this one looks.
   */
  takeKeys(before: TokenVerifier): void {
    for (const mine of this.#providers) {
      const { issuer, jwksURI } = mine.provider
      const same = before.#providers.find(
        ({ provider }) => provider.issuer === issuer && provider.jwksURI === jwksURI,
      )?.source
      if (same === undefined) continue
      same.resolve = mine.source.resolve
      mine.source = same
    }
  }

  /** Rejects with TokenRefused. `names` are the providers that may vouch for it. */
  async verify(token: string, names: readonly string[]): Promise<Verified> {
    const issuer = claimedIssuer(token)
    const candidates = this.#providers.filter(
      ({ provider }) => names.includes(provider.name) && provider.issuer === issuer,
    )
    let refusal = new TokenRefused(
      `its issuer is none that a policy asks for (${names.join(', ') || 'none is asked for'})`,
    )
    // Several providers may share an issuer and differ in their audiences.
    for (const { provider, source } of candidates) {
      try {
        return await this.#verifyWith(token, provider, source.keys)
      } catch (error) {
        refusal = error instanceof TokenRefused ? error : this.#refusal(error, provider)
      }
    }
    throw refusal
  }

  #refusal(cause: unknown, provider: Provider): TokenRefused {
    const reason = reasonOf(cause, provider)
    if (reason !== undefined) return new TokenRefused(reason, { cause })
    this.#onTrouble?.(provider.name, cause)
    const hint =
      'Nothing is wrong with the token: try again later, and tell whoever runs the gateway, whose log says why.'
    return new TokenRefused(`the keys of provider ${provider.name} cannot be had`, { cause, hint })
  }

  async #verifyWith(token: string, provider: Provider, keys: JWTVerifyGetKey): Promise<Verified> {
    const { payload } = await jwtVerify(token, keys, {
      issuer: provider.issuer,
      audience: [...provider.audiences],
      algorithms: ALGORITHMS,
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      currentDate: new Date(this.#now()),
      requiredClaims: ['exp'],
    })
    const user = {
      provider: provider.name,
      username: usernameOf(payload, provider),
      groups: groupsOf(payload, provider),
    }
    return { user, expiresAt: (payload.exp ?? 0) * 1000 }
  }
}

function claimedIssuer(token: string): string | undefined {
  if (token.length > LONGEST_TOKEN) throw new TokenRefused(`it is longer than ${LONGEST_TOKEN} characters`)
  try {
    return decodeJwt(token).iss
  } catch (cause) {
    throw new TokenRefused('it is not a well-formed JWT', { cause })
  }
}

function usernameOf(payload: JWTPayload, provider: Provider): string {
  const claim = provider.claims.username
  const value = payload[claim]
  if (typeof value !== 'string' || value === '' || value.length > LONGEST_NAME) {
    throw new TokenRefused(`its claim "${claim}" is not a user name`)
  }
  // Whoever may enter any address at the issuer must not become its owner here.
  if (claim === 'email' && 'email_verified' in payload && payload['email_verified'] !== true) {
    throw new TokenRefused('its e-mail address is not verified')
  }
  return value
}

function newSource(
  provider: Provider,
  { now, cooldownMilliseconds, resolve }: TokenOptions & { readonly now: () => number },
): Source {
  const source: Source = {
    resolve,
    keys: providerKeys(provider, {
      now,
      cooldownMilliseconds,
      resolve: resolve && ((host) => (source.resolve ?? resolve)(host)),
    }),
  }
  return source
}

function groupsOf(payload: JWTPayload, provider: Provider): readonly string[] {
  const claim = provider.claims.groups
  const value = payload[claim]
  if (value === undefined || value === null) return []
  const groups: unknown[] = Array.isArray(value) ? value : [value]
  const named = groups.filter((group) => typeof group === 'string')
  if (named.length !== groups.length || groups.length > MOST_GROUPS) {
    throw new TokenRefused(`its claim "${claim}" is not a list of at most ${MOST_GROUPS} group names`)
  }
  return named
}

/** Undefined where it is not the token that is wrong. */
function reasonOf(error: unknown, provider: Provider): string | undefined {
  if (error instanceof errors.JWTExpired) return 'it has expired'
  if (error instanceof errors.JWTClaimValidationFailed) return claimReason(error.claim, provider)
  if (error instanceof errors.JOSEAlgNotAllowed) return 'its signature algorithm is not allowed'
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'its signature is wrong'
  if (error instanceof errors.JWKSNoMatchingKey)
    return `it was signed with a key that provider ${provider.name} does not publish`
  if (error instanceof errors.JWKSMultipleMatchingKeys) return 'it does not name the key it was signed with'
  if (error instanceof errors.JWSInvalid || error instanceof errors.JWTInvalid) return 'it is not a well-formed JWT'
  if (error instanceof errors.JOSENotSupported) return 'it uses an extension that is not supported'
  return undefined
}

function claimReason(claim: string, provider: Provider): string {
  if (claim === 'aud') return `its audience is not one of provider ${provider.name}'s`
  if (claim === 'nbf') return 'it is not valid yet'
  return `its claim "${claim}" is missing or wrong`
}
