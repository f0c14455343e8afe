// What the agent gets once its login and the target's are done: the target's own greeting, with the gateway's cancel key.
import { authenticationOk, backendKeyData, parameterStatus, readyForQuery } from '../wire/server-messages.ts'

export interface Welcome {
  /** The target's ParameterStatus values, in its order. */
  readonly parameters: Iterable<readonly [string, string]>
  /** The gateway's own, never the target's: whoever holds that could cancel past the gateway. */
  readonly backendKey: { readonly pid: number; readonly key: Buffer }
  /** Complete NoticeResponse messages from the target's login. */
  readonly notices?: readonly Buffer[]
}

export function welcome(to: Welcome): Buffer {
  return Buffer.concat([
    authenticationOk(),
    ...Array.from(to.parameters, ([name, value]) => parameterStatus(name, value)),
    backendKeyData(to.backendKey.pid, to.backendKey.key),
    ...(to.notices ?? []),
    readyForQuery('I'),
  ])
}
