// The gateways of this replica: attested, looked at again when their pods change, sent snapshots, lent budgets, and counted.

import { Budgets } from './budgets/budgets.ts'
import type { Foundation } from './foundation.ts'
import { refusedEgress } from './refused-egress.ts'
import { Replicas } from './replicas/replicas.ts'
import { Snapshots } from './snapshots/snapshots.ts'
import { notAttested, notInForce } from './stream/gateway-events.ts'
import { answerOf, Gateways, podKey } from './stream/gateways.ts'
import { LeasePins } from './stream/pins.ts'
import { podAttester } from './stream/pod-attester.ts'
import { Reattestation } from './stream/reattestation.ts'
import { type StreamLog, StreamServer } from './stream/server.ts'
import { termsOf } from './stream/welcome.ts'
import type { Watching } from './watching.ts'

export interface Feeding {
  readonly gateways: Gateways
  readonly replicas: Replicas
  readonly budgets: Budgets
  readonly pins: LeasePins
  readonly reattestation: Reattestation
  readonly stream: StreamServer
}

export function feeding(foundation: Foundation, watching: Watching): Feeding {
  const { settings, self, api, log, metrics } = foundation
  const { judgement, view, services } = watching
  const replicas = new Replicas({
    api,
    namespace: self.namespace,
    pod: { name: self.pod, uid: self.podUid },
    log,
    gateways: () => [...gateways.list()].map((gateway) => ({ snapshot: gateway.snapshot, answer: answerOf(gateway) })),
    generationOf: (kind, key) => judgement.generationOf(kind, key),
  })
  view.onOutcome(({ connections, policies }) => {
    if (connections.size + policies.size > 0) replicas.changed()
  })
  const gateways: Gateways = knownGateways(foundation, watching, {
    changed: () => replicas.changed(),
    added: (pod) => reattestation.look(pod),
  })
  const budgets = new Budgets({
    api,
    namespace: self.namespace,
    log,
    staleSeconds: settings.staleSeconds,
    gateways: () => gateways.list(),
  })
  view.onPodGone((uid) => budgets.podGone(uid))
  const pins = new LeasePins(api, self.namespace)
  const attester = podAttester({ api, services, pins, judgement })
  const reattestation = new Reattestation({
    gateways,
    attester,
    form: (pod) => view.formOfPod(pod),
    refused: ({ identity }, { reason, pod }) => {
      log.warn({ pod: podKey(identity) }, `a gateway is refused from now on: ${reason}`)
      if (pod) foundation.events.tell(notAttested(pod, reason))
    },
    log,
    observer: metrics.kube.queue('attestation'),
  })
  view.onPod((pod) => reattestation.look(pod))
  return { gateways, replicas, budgets, pins, reattestation, stream: streamOf(foundation, gateways, budgets, attester) }
}

function knownGateways(
  { settings, nameServers, metrics, log, events }: Foundation,
  { judgement, view }: Watching,
  { changed, added }: { readonly changed: () => void; readonly added: (pod: string) => void },
): Gateways {
  const snapshots = new Snapshots(judgement, { clusterDomain: settings.clusterDomain, nameServers })
  return new Gateways(
    { of: (pod) => snapshots.of(pod), onChange: (listener) => view.onOutcome(({ pods }) => listener(pods)) },
    {
      changed,
      added: ({ identity }) => added(podKey(identity)),
      acknowledged: (_gateway, seconds) => metrics.propagated(seconds),
      rejected: ({ identity }, problem) => {
        log.warn({ pod: podKey(identity), problem }, 'a gateway could not take a snapshot whole')
        events.tell(notInForce(identity, problem))
      },
    },
  )
}

function streamOf(
  { settings, certificates, log, events }: Foundation,
  gateways: Gateways,
  budgets: Budgets,
  attester: ReturnType<typeof podAttester>,
): StreamServer {
  const { leaf, installation } = certificates
  const { staleSeconds, extraCas } = settings
  return new StreamServer({
    certificate: { cert: leaf.certificate, key: leaf.key },
    attester,
    gateways,
    terms: termsOf({ maskingKeys: installation.maskingKeys, staleSeconds, extraCas }),
    log: streamLog({ log, events }),
    said: (gateway, message) => {
      if (message.type === 'refused') events.tell(refusedEgress(gateway.identity, message))
      else if (message.type === 'budget') budgets.request(gateway, message)
    },
  })
}

function streamLog({ log, events }: Pick<Foundation, 'log' | 'events'>): StreamLog {
  return {
    attested: ({ identity }, pinnedAnew) =>
      log.info({ pod: podKey(identity), newKey: pinnedAnew }, 'a gateway is known'),
    refused: (from, reason, pod) => {
      log.warn({ from }, `a gateway is refused: ${reason}`)
      if (pod) events.tell(notAttested(pod, reason))
    },
    ended: ({ identity }, reason) => log.info({ pod: podKey(identity) }, `a gateway's stream ended: ${reason}`),
  }
}
