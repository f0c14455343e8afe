// Pods whose gateways have a stream, held against what they were attested for whenever they change: a container that was added,
// a mark or a part of ours that was taken off while no webhook was there, another image under the same name, a user that the kubelet
// found. A pod that would not be let in any more loses its sessions at once, and its gateway the stream. That gateway may ask to be attested anew.
//
// The watch tells that something is another one, by a digest; what it is is asked of the API server then. While that does not answer,
// what was attested stays, and is looked at later.
import type { Log } from '../kube/log.ts'
import { WorkQueue, type WorkQueueObserver } from '../kube/work-queue.ts'
import type { Attester, Unattested } from './attest.ts'
import type { Gateway, Gateways } from './gateways.ts'

export interface ReattestationOptions {
  readonly gateways: Pick<Gateways, 'at'>
  readonly attester: Pick<Attester, 'confirm'>
  /** What the watch saw of a pod, `namespace/name`, as `formOf` says it; undefined: there is none. */
  readonly form: (pod: string) => string | undefined
  readonly refused: (gateway: Gateway, why: Unattested) => void
  readonly log: Log
  readonly observer?: WorkQueueObserver
}

/** Pods under look at once; each costs the API server two requests. */
const CONCURRENCY = 4

export class Reattestation {
  readonly #options: ReattestationOptions
  readonly #queue: WorkQueue

  constructor(options: ReattestationOptions) {
    this.#options = options
    const { log, observer } = options
    this.#queue = new WorkQueue({
      name: 'attestation',
      concurrency: CONCURRENCY,
      work: (pod) => this.#confirm(pod),
      log,
      ...(observer === undefined ? {} : { observer }),
    })
  }

  start(): void {
    this.#queue.start()
  }

  async stop(): Promise<void> {
    await this.#queue.stop()
  }

  /** The pod may have changed, or its gateway has just come. */
  look(pod: string): void {
    const { gateways, form } = this.#options
    const gateway = gateways.at(pod)
    if (gateway && gateway.form !== form(pod)) this.#queue.add(pod)
  }

  async #confirm(pod: string): Promise<undefined> {
    const { gateways, attester, refused } = this.#options
    const gateway = gateways.at(pod)
    if (!gateway) return
    const answer = await attester.confirm(gateway.identity, gateway.fingerprint)
    if (answer.accepted) {
      gateway.form = answer.form
      return
    }
    refused(gateway, answer)
    if (answer.final) gateway.wire.send({ type: 'cut', reason: answer.reason })
    gateway.wire.end(answer.reason, answer.final)
  }
}
