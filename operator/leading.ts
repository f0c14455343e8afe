// What one replica does for all: it writes statuses, keeps agents' NetworkPolicies, and removes the pins of pods that are gone.

import type { ClusterView } from './cluster-view.ts'
import type { Acknowledgements } from './controllers/acknowledgements.ts'
import { runControllers } from './controllers/run.ts'
import type { EgressCaps } from './egress-caps/keeper.ts'
import type { Judgement } from './judgement/judgement.ts'
import type { Api } from './kube/client.ts'
import { systemClock } from './kube/clock.ts'
import type { EventRecorder } from './kube/events.ts'
import { LeaderElection } from './kube/leader.ts'
import type { Log } from './kube/log.ts'
import type { KubeMetrics } from './kube/metrics.ts'
import type { Self } from './settings.ts'
import { forgetPinsOfGonePods } from './stream/pin-cleanup.ts'
import type { PinStore } from './stream/pins.ts'

export interface LeadingOptions {
  readonly api: Api
  readonly self: Self
  readonly view: ClusterView
  readonly judgement: Judgement
  readonly acknowledgements: Acknowledgements
  readonly events: EventRecorder
  readonly pins: PinStore
  readonly log: Log
  readonly metrics: KubeMetrics
  /** Made anew for each time of leading; undefined: agents' pods get no NetworkPolicies. */
  readonly egressCaps?: () => Pick<EgressCaps, 'start' | 'stop'>
}

const LEASE = 'sallyport-operator'

export class Leading {
  readonly #options: LeadingOptions
  readonly #election: LeaderElection
  #work: { stop(): Promise<void> } | undefined

  constructor(options: LeadingOptions) {
    this.#options = options
    const { api, self, log } = options
    this.#election = new LeaderElection({
      api,
      lease: { namespace: self.namespace, name: LEASE },
      identity: `${self.pod} ${self.podUid}`,
      log,
      onGained: () => this.#gained(),
      onLost: () => this.#lost(),
    })
  }

  start(): void {
    this.#election.start()
  }

  async stop(): Promise<void> {
    await this.#election.stop()
  }

  #gained(): void {
    const { api, view, judgement, acknowledgements, events, log, metrics } = this.#options
    metrics.leading(true)
    const controllers = runControllers({
      api,
      view,
      judgement,
      acknowledgements,
      events,
      log,
      clock: systemClock,
      observe: metrics.queue,
    })
    const caps = this.#options.egressCaps?.()
    void caps?.start().catch((error) => log.warn({ error }, 'agents get no NetworkPolicies'))
    const goneBefore = this.#forgetPins()
    const stopWatching = view.onPodGone((uid) => void this.#forgetPin(uid))
    this.#work = {
      async stop() {
        stopWatching()
        await controllers.stop()
        await caps?.stop()
        await goneBefore
      },
    }
  }

  async #lost(): Promise<void> {
    this.#options.metrics.leading(false)
    const work = this.#work
    this.#work = undefined
    await work?.stop()
  }

  async #forgetPins(): Promise<void> {
    const { api, self, pins, view, log } = this.#options
    const isThere = (uid: string) => view.hasPod(uid)
    await forgetPinsOfGonePods({ api, namespace: self.namespace, pins, isThere, log }).catch((error) =>
      log.warn({ error }, 'pins of pods that are gone could not be removed'),
    )
  }

  async #forgetPin(podUid: string): Promise<void> {
    const { pins, log } = this.#options
    await pins
      .forget(podUid)
      .catch((error) => log.warn({ error, podUid }, 'the pin of a pod that is gone was not removed'))
  }
}
