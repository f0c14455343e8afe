// Why tokens are refused although nothing is wrong with them: for whoever runs the gateway.
import type { Logger } from '#sidecar/log.ts'
import type { TokenOptions } from './oidc.ts'

export function keysTrouble(log: Logger): TokenOptions['onTrouble'] {
  return (provider, error) =>
    log.warn({ error, provider }, 'the keys of an IdentityProvider cannot be had: its tokens are refused')
}
