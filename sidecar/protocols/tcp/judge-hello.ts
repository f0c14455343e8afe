// What an agent's TLS hello says of where it wants to go, held against the endpoint that it dialled. Pure.
//
// TLS is passed through, so the hello is all that can be read. The name in it decides which of many hosts behind one
// address answers; without this check a grant for one host of a content network would be a grant for all of them.
import { isIP } from 'node:net'
import { hostMeant, isPattern } from './endpoint.ts'
import { ALERT, Refused } from './refused.ts'
import type { ClientHello } from './wire/client-hello.ts'

/** The host that is meant, in the Connection's own spelling; `aliases`: other names that mean it here. Throws Refused. */
export function judgeHello(
  { serverName, encryptedHello }: ClientHello,
  host: string,
  aliases: readonly string[] = [],
): string {
  if (encryptedHello) {
    throw new Refused(
      'the TLS hello has the extension encrypted_client_hello, which may hide the name it asks for; switch it off in the client',
      ALERT.accessDenied,
    )
  }
  if (serverName === undefined) {
    if (isIP(host)) return host
    throw new Refused(`the TLS hello asks for no server name; it must ask for ${host}`, ALERT.unrecognizedName)
  }
  const meant = hostMeant(host, serverName)
  if (meant !== undefined) return meant
  const name = serverName.toLowerCase()
  if (!isIP(host) && !isIP(name) && aliases.includes(name)) return host
  const must = isIP(host) ? 'none, because the endpoint is an address' : isPattern(host) ? `one of ${host}` : host
  throw new Refused(`the TLS hello asks for server name ${serverName}; it must ask for ${must}`, ALERT.unrecognizedName)
}
