// A server's own ErrorResponse during the login: passed on, except what it says about the gateway's user.
import { readErrorFields } from '../wire/messages.ts'
import { UpstreamFault } from './fault.ts'
import type { Target } from './target.ts'

export function serverError(message: Buffer, target: Target): UpstreamFault {
  const fields = readErrorFields(message, 0, message.length)
  const read = (letter: string): string => fields.get(letter) ?? ''
  const sqlstate = /^[0-9A-Z]{5}$/.test(read('C')) ? read('C') : '08004'
  if (sqlstate.startsWith('28')) return refusedLogin(target, sqlstate, discreet(read('M'), target))
  const text = discreet(read('M'), target)
  const detail = discreet(read('D'), target)
  const hint = discreet(read('H'), target)
  return new UpstreamFault('refused', `the target ${target.host}:${target.port} refused the session: ${text}`, {
    sqlstate,
    message: text,
    ...(detail === '' ? {} : { detail }),
    ...(hint === '' ? {} : { hint }),
  })
}

/** Class 28, invalid authorization: the gateway's login failed, which the agent's developer cannot mend. */
function refusedLogin(target: Target, sqlstate: string, reason: string): UpstreamFault {
  const where = `the target ${target.host}:${target.port}`
  return new UpstreamFault('authentication', `${where} refused the gateway's login: ${reason}`, {
    sqlstate: '08004',
    message: `${where} refused the gateway's login (SQLSTATE ${sqlstate})`,
    hint: "This is not about the agent's own user or password: the connection's credentials or the server's pg_hba.conf need a look.",
  })
}

function discreet(text: string, target: Target): string {
  const { username, password } = target.credentials
  let result = text
  if (password) result = result.replaceAll(password, '***')
  return result.replaceAll(`"${username}"`, "(the gateway's user)")
}
