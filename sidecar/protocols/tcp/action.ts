// A connection as an Action. Pure.
//
// What is said on it cannot be read, so it may be anything: the effect is the strictest that a rule can allow, and the part
// is opaque. Only a rule that lists the verb or the kind opens it, never one that allows an effect at large.
import type { Action, ObjectRef, Part, Redacted } from '#sidecar/action.ts'
import { hostPort } from '#sidecar/net/host-port.ts'
import { isPattern } from './endpoint.ts'

export interface Wish {
  /** Host that is meant; for a pattern, the name that its `*` stands for, if it is known. */
  readonly host: string
  readonly port: number
  /** As the Connection has it. */
  readonly pattern: string
  readonly tls: boolean
  readonly serverName: string | undefined
}

export function connectAction({ host, port, pattern, tls, serverName }: Wish): Action {
  const endpoint = (name: string): ObjectRef => ({ kind: 'endpoint', name: hostPort(name, port) })
  const part: Part = {
    verb: 'connect',
    effect: 'Admin',
    object: endpoint(host),
    covers: isPattern(pattern) && host !== pattern ? [endpoint(pattern)] : [],
    columns: [],
    opaque: true,
  }
  const text = `connect ${hostPort(host, port)}${tls ? ' tls' : ''}`
  const facts = { host, port, tls, ...(serverName === undefined ? {} : { sni: serverName }) }
  return {
    shape: { verb: part.verb, effect: part.effect, parts: [part], facts, redacted: text as Redacted },
    text,
    facts: {},
    costly: {},
  }
}
