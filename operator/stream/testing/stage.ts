// Both ends of the stream over real TLS: an operator whose word on gateways a test sets, and gateways that say what it tells them.
import { CONTROL_PROTOCOL, type FromOperator, type Hello, type Snapshot } from '#contracts/control/messages.ts'
import { IDENTITY } from '#contracts/control/testing/snapshot.ts'
import { Backoff } from '#sidecar/control/backoff.ts'
import { OperatorStream } from '#sidecar/control/operator-stream.ts'
import { makeAuthority, makeLeaf } from '#sidecar/net/certificate.ts'
import type { Attestation } from '../attest.ts'
import { type GatewayEvents, Gateways, type SnapshotSource } from '../gateways.ts'
import { StreamServer } from '../server.ts'
import { termsOf } from '../welcome.ts'

export const validity = { from: new Date(Date.now() - 3_600_000), to: new Date(Date.now() + 86_400_000) }
export const ca = makeAuthority('operator CA', validity)
export const leaf = makeLeaf(ca, ['operator.test'], validity)
export const own = makeAuthority('gateway', validity)

/** Snapshots that the test sets. */
export class Source implements SnapshotSource {
  current: Snapshot | undefined
  #listener: ((pods: Iterable<string>) => void) | undefined
  of = () => this.current
  onChange(listener: (pods: Iterable<string>) => void): () => void {
    this.#listener = listener
    return () => undefined
  }
  set(next: Snapshot): void {
    this.current = next
    this.#listener?.(['agents/analyst-1'])
  }
}

export const ACCEPT: Attestation = { accepted: true, identity: IDENTITY, pinnedAnew: false, form: 'form-1' }

export interface Stage {
  readonly source: Source
  readonly gateways: Gateways
  readonly port: number
  readonly refusals: string[]
  /** What the operator's side was told to do with the next claims. */
  answer: Attestation
  readonly claims: { readonly token: string; readonly fingerprint: string }[]
  dial(changes?: Partial<Hello>): Promise<Gateway>
}

export interface Gateway {
  readonly stream: OperatorStream
  /** The next message of that type. */
  next<T extends FromOperator['type']>(type: T): Promise<FromOperator & { readonly type: T }>
  lost(): Promise<string>
}

export async function stage(run: (stage: Stage) => Promise<void>, events: GatewayEvents = {}): Promise<void> {
  const source = new Source()
  const gateways = new Gateways(source, events)
  const refusals: string[] = []
  const open: OperatorStream[] = []
  const installation = { hash: Buffer.alloc(32, 1), tokenize: Buffer.alloc(32, 2) }
  const server = new StreamServer({
    certificate: { cert: leaf.certificate, key: leaf.key },
    gateways,
    terms: termsOf({ maskingKeys: installation, staleSeconds: 900, extraCas: [] }),
    attester: {
      attest: async (claim) => {
        all.claims.push(claim)
        return all.answer
      },
    },
    log: { attested: () => undefined, ended: () => undefined, refused: (_from, reason) => refusals.push(reason) },
  })
  const port = await server.listen(0, '127.0.0.1')
  const all: Stage = {
    source,
    gateways,
    port,
    refusals,
    answer: ACCEPT,
    claims: [],
    dial: async (changes = {}) => {
      const gateway = dial(port, changes)
      open.push(gateway.stream)
      return gateway
    },
  }
  try {
    await run(all)
  } finally {
    for (const stream of open) stream.stop()
    await server.close('the test is over')
  }
}

/** What is told, to be waited for in order. */
export function counted<T>(): { tell(value: T): void; next(): Promise<T> } {
  const values: T[] = []
  const waiting: ((value: T) => void)[] = []
  return {
    tell(value) {
      const next = waiting.shift()
      if (next) next(value)
      else values.push(value)
    },
    next: () => new Promise((resolve) => (values.length > 0 ? resolve(values.shift() as T) : waiting.push(resolve))),
  }
}

export function dial(port: number, changes: Partial<Hello>): Gateway {
  const waiting: { readonly type: string; readonly resolve: (message: FromOperator) => void }[] = []
  const come: FromOperator[] = []
  const losses: string[] = []
  const losers: ((reason: string) => void)[] = []
  const stream = new OperatorStream(
    {
      place: { address: '127.0.0.1', port, name: 'operator.test', ca: ca.certificate },
      certificate: own.certificate,
      key: own.key,
      hello: async () => ({
        type: 'hello',
        protocol: CONTROL_PROTOCOL,
        token: 't',
        version: '0',
        recordingKey: 'k',
        ...changes,
      }),
      backoff: new Backoff({ firstMs: 10, mostMs: 50 }),
    },
    {
      message(message) {
        const at = waiting.findIndex(({ type }) => type === message.type)
        if (at >= 0) waiting.splice(at, 1)[0]?.resolve(message)
        else come.push(message)
      },
      lost(reason) {
        const loser = losers.shift()
        if (loser) loser(reason)
        else losses.push(reason)
      },
    },
  )
  stream.start()
  return {
    stream,
    next: <T extends FromOperator['type']>(type: T) =>
      new Promise<FromOperator & { readonly type: T }>((resolve) => {
        const matching = (message: FromOperator) => resolve(message as FromOperator & { readonly type: T })
        const at = come.findIndex((message) => message.type === type)
        const [found] = at >= 0 ? come.splice(at, 1) : []
        if (found) matching(found)
        else waiting.push({ type, resolve: matching })
      }),
    lost: async () => losses.shift() ?? (await new Promise((resolve) => losers.push(resolve))),
  }
}
