// What rules can say of a connection that is passed through.
import type { FactSchema } from '../protocol.ts'

export const VERBS: readonly string[] = ['connect']
export const KINDS: readonly string[] = ['endpoint']

export const FACTS: FactSchema = {
  host: { type: 'string', description: 'Host of the endpoint; behind a pattern, the one that is meant.' },
  port: { type: 'int', description: 'Port of the endpoint.' },
  tls: { type: 'bool', description: 'The agent began with a TLS hello, and the hello was judged.' },
  sni: { type: 'string', description: 'Server name that the TLS hello asks for; absent where there is none.' },
}
