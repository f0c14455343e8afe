// The gateway's own questions in the agent's session, by extended protocol under a name of their own: a Query message
// would take the agent's unnamed statement and unnamed portal away (PostgreSQL 18 documentation §54.2.3).

import { bind, closePortal, closeStatement, describePortal, execute, parse, sync } from '../wire/client-messages.ts'
import type { OpKind } from './pipeline.ts'

const NAME = '_sallyport_asks'

export interface Asked {
  readonly kind: OpKind
  readonly bytes: Buffer
}

/** One statement a text, one after another. */
export function question(texts: readonly string[]): readonly Asked[] {
  return [...texts.flatMap(one), { kind: 'sync', bytes: sync() }]
}

function one(text: string): readonly Asked[] {
  return [
    // Left behind by a question that failed, perhaps; closing what does not exist is no error.
    { kind: 'close', bytes: closePortal(NAME) },
    { kind: 'close', bytes: closeStatement(NAME) },
    { kind: 'parse', bytes: parse(NAME, text) },
    { kind: 'bind', bytes: bind(NAME, NAME) },
    { kind: 'describe', bytes: describePortal(NAME) },
    { kind: 'execute', bytes: execute(NAME) },
    { kind: 'close', bytes: closePortal(NAME) },
    { kind: 'close', bytes: closeStatement(NAME) },
  ]
}
