// IdentityProviders of one issuer: a token has a single one that vouches for it.
import type { IdentityProvider } from '#crds/types.gen.ts'
import type { Report } from '#sidecar/check/fault.ts'

/** Where both would take a token, policies that name the other one never see it. */
export function warnOfSharedIssuers(providers: readonly IdentityProvider[], report: Report): void {
  for (const [index, provider] of providers.entries()) {
    const { issuer, audiences } = provider.spec
    for (const { metadata, spec } of providers.slice(0, index)) {
      const shared =
        spec.issuer === issuer ? audiences.find((audience) => spec.audiences.includes(audience)) : undefined
      if (shared === undefined) continue
      const message = `IdentityProvider ${metadata.name} has this issuer with audience ${shared} as well: only one of them vouches for such a token, and to policies that name the other it is none`
      report.warning(provider, ['spec', 'audiences'], message, 'audiences of its own')
    }
  }
}
