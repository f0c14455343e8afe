// An issuer's public keys, fetched when a token first needs them, kept, and bounded in every way: an agent can make the
// gateway ask by sending tokens with unknown key names, and the answer comes from a server that is not ours.
import { createRemoteJWKSet, customFetch, type FetchImplementation, type JWTVerifyGetKey } from 'jose'
import type { ResolveHost } from '#sidecar/net/resolve.ts'
import { fetchBounded } from './fetch-bounded.ts'

export interface KeySource {
  readonly issuer: string
  readonly jwksURI?: string | undefined
}

const KEEP_MILLISECONDS = 600_000
/** A new key name makes us look again, but not more often than this. */
const COOLDOWN_MILLISECONDS = 30_000
/** After a failure nothing is asked for a while; the failure is the answer. */
const FAILURE_MILLISECONDS = 5_000
const TIMEOUT_MILLISECONDS = 5_000
const LONGEST_DOCUMENT = 1_000_000

export interface KeyOptions {
  readonly now: () => number
  /** Between two looks for an unknown key; tests shorten it. */
  readonly cooldownMilliseconds?: number | undefined
  /** Where issuers are; default: as the machine's own resolver says. */
  readonly resolve?: ResolveHost | undefined
}

export function providerKeys(source: KeySource, options: KeyOptions): JWTVerifyGetKey {
  const { resolve } = options
  const secure = (url: string): URL => secureUrl(url, resolve === undefined)
  const fetchKeys = calm(
    (url, signal) => fetchBounded(url, { signal, mostBytes: LONGEST_DOCUMENT, resolve }),
    options.now,
  )
  const implementation: FetchImplementation = (url, { signal }) => fetchKeys(url, signal)
  let keys: Promise<JWTVerifyGetKey> | undefined
  const open = async (): Promise<JWTVerifyGetKey> => {
    const url = source.jwksURI ?? (await discover(source.issuer, fetchKeys, secure))
    return createRemoteJWKSet(secure(url), {
      timeoutDuration: TIMEOUT_MILLISECONDS,
      cooldownDuration: options.cooldownMilliseconds ?? COOLDOWN_MILLISECONDS,
      cacheMaxAge: KEEP_MILLISECONDS,
      [customFetch]: implementation,
    })
  }
  return async (header, token) => {
    keys ??= open()
    const known = keys
    const find = await known.catch((error) => {
      if (keys === known) keys = undefined
      throw error
    })
    return find(header, token)
  }
}

type Fetch = (url: string, signal: AbortSignal) => Promise<Response>

/** OpenID Connect Discovery 1.0 section 4: the document must name the very issuer it was fetched for. */
async function discover(issuer: string, fetchDocument: Fetch, secure: (url: string) => URL): Promise<string> {
  const url = secure(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`)
  const response = await fetchDocument(url.href, AbortSignal.timeout(TIMEOUT_MILLISECONDS))
  const document: unknown = await response.json()
  if (typeof document !== 'object' || document === null) throw new Error(`${url.href} is not a discovery document`)
  const claimed = 'issuer' in document ? document.issuer : undefined
  const jwksURI = 'jwks_uri' in document ? document.jwks_uri : undefined
  if (claimed !== issuer) throw new Error(`${url.href} is about another issuer`)
  if (typeof jwksURI !== 'string') throw new Error(`${url.href} does not say where the keys are`)
  return jwksURI
}

/**
 * Keys fetched in the clear could be anybody's; on a laptop nobody is in between. Who is told where hosts are is in a pod: there the
 * loopback address is the agent's too, which could vouch for whomever it likes.
 */
function secureUrl(text: string, onLaptop: boolean): URL {
  const url = new URL(text)
  const local = onLaptop && ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname)
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && local)) {
    throw new Error(`${url.origin} is not an https address`)
  }
  return url
}

function calm(fetchDocument: Fetch, now: () => number): Fetch {
  let failure: { readonly error: unknown; readonly until: number } | undefined
  return async (url, signal) => {
    if (failure && now() < failure.until) throw failure.error
    try {
      const response = await fetchDocument(url, signal)
      if (response.status !== 200) throw new Error(`${url} answered with status ${response.status}`)
      const text = await response.text()
      if (!isJson(text)) throw new Error(`${url} did not answer with JSON`)
      failure = undefined
      return new Response(text)
    } catch (error) {
      failure = { error, until: now() + FAILURE_MILLISECONDS }
      throw error
    }
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
