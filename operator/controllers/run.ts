// Writes statuses, as long as this replica leads: what changed goes into a queue per kind, work looks at things as they are then,
// plans, and writes where something would change.

import type { WatchedKind } from '../judgement/change.ts'
import type { Outcome } from '../judgement/judgement.ts'
import { isNotFound } from '../kube/api-error.ts'
import { applyStatus } from '../kube/apply.ts'
import type { Api } from '../kube/client.ts'
import type { Clock } from '../kube/clock.ts'
import type { EventRecorder } from '../kube/events.ts'
import type { Log } from '../kube/log.ts'
import { type KubeObject, nameOf } from '../kube/object.ts'
import { type WorkAgain, WorkQueue, type WorkQueueObserver } from '../kube/work-queue.ts'
import { accessPolicyController } from './accesspolicy/controller.ts'
import { clusterAccessPolicyController } from './clusteraccesspolicy/controller.ts'
import { connectionController } from './connection/controller.ts'
import type { Controller, Gathered } from './controller.ts'
import { endpointGrantController } from './endpointgrant/controller.ts'
import { identityProviderController } from './identityprovider/controller.ts'
import { Patience } from './patience.ts'

const CONTROLLERS: readonly Controller[] = [
  connectionController,
  accessPolicyController,
  clusterAccessPolicyController,
  endpointGrantController,
  identityProviderController,
]

export interface ControllersOptions extends Gathered {
  readonly api: Pick<Api, 'patch'>
  /** The cluster as it is seen: objects with their statuses, and what comes of changes. */
  readonly view: {
    get(kind: WatchedKind, key: string): KubeObject | undefined
    onOutcome(listener: (outcome: Outcome) => void): () => void
  }
  readonly events: Pick<EventRecorder, 'tell'>
  readonly log: Log
  readonly clock: Clock
  readonly observe?: (queue: string) => WorkQueueObserver
}

/** Acknowledgements of a thousand gateways come within a second and are told together. */
const TOGETHER_MILLISECONDS = 500
/** Gateways are counted once a second, in every replica, and the counts of the others take a moment to come. */
const PATIENCE_MILLISECONDS = 3_000
const WORKERS = 4

/** To be called when this replica leads; the answer ends it, and then nothing is written any more. */
export function runControllers(options: ControllersOptions): { stop(): Promise<void> } {
  const { judgement, acknowledgements, view } = options
  let leading = true
  const queues = CONTROLLERS.map((controller) => ({ controller, queue: queueOf(controller, options, () => leading) }))
  const stops = [
    view.onOutcome((outcome) => {
      for (const { controller, queue } of queues) for (const key of controller.touched(outcome)) queue.add(key)
    }),
    acknowledgements.onChange((kind, key) => {
      for (const { controller, queue } of queues)
        if (controller.kind === kind) queue.addAfter(key, TOGETHER_MILLISECONDS)
    }),
  ]
  for (const { controller, queue } of queues) {
    for (const key of controller.keys(judgement)) queue.add(key)
    queue.start()
  }
  return {
    async stop() {
      leading = false
      for (const stop of stops) stop()
      await Promise.all(queues.map(({ queue }) => queue.stop()))
    },
  }
}

function queueOf(controller: Controller, options: ControllersOptions, leading: () => boolean): WorkQueue {
  const { kind } = controller
  const { log, clock, observe } = options
  const patience = new Patience(clock, PATIENCE_MILLISECONDS)
  return new WorkQueue({
    name: kind,
    concurrency: WORKERS,
    log,
    clock,
    work: (key) => (leading() ? reconcile(controller, key, options, patience) : Promise.resolve(undefined)),
    ...(observe === undefined ? {} : { observer: observe(kind) }),
  })
}

async function reconcile(
  { kind, resource, plan }: Controller,
  key: string,
  { judgement, acknowledgements, api, view, events, clock }: ControllersOptions,
  patience: Patience,
): Promise<WorkAgain | undefined> {
  const object = view.get(kind, key)
  const planned = object && plan(key, object['status'], { judgement, acknowledgements })
  if (planned?.underWay !== true) patience.settled(key)
  if (object === undefined || planned === undefined) return undefined
  const afterMilliseconds = planned.underWay ? patience.left(key, object.metadata.generation) : 0
  if (afterMilliseconds > 0) return { afterMilliseconds }
  try {
    await applyStatus(api, resource, nameOf(key), object['status'], planned.status, clock.now())
  } catch (error) {
    // It was deleted meanwhile: there is nothing to say of it any more.
    if (isNotFound(error)) return undefined
    throw error
  }
  const { apiVersion, metadata } = object
  const { name, namespace, uid } = metadata
  const regarding = { apiVersion, kind, name, uid, ...(namespace === undefined ? {} : { namespace }) }
  for (const event of planned.events) events.tell({ ...event, regarding })
  return undefined
}
