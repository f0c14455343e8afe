// The protocols that this gateway speaks: one line each.
import { postgres } from './postgres/protocol.ts'
import type { Protocol } from './protocol.ts'
import { tcp } from './tcp/protocol.ts'

export const PROTOCOLS: readonly Protocol[] = [postgres, tcp]

export function protocolNamed(name: string): Protocol | undefined {
  return PROTOCOLS.find((protocol) => protocol.name === name)
}
