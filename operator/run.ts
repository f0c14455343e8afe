// The operator, wired. Every replica watches, answers webhooks and feeds gateways; one of them writes status.
//
// What the parts are is said where they are made; when each begins and ends is said here and nowhere else. Gateways are fed once the
// cluster has been seen whole, and admission is the last to go.
import type { Server as HttpsServer } from 'node:https'
import { setTimeout as pause } from 'node:timers/promises'
import { collectWhenQuiet } from '#sidecar/collect-when-quiet.ts'
import { metricsServer } from '#sidecar/metrics-server.ts'
import { type Admitting, admitting } from './admitting.ts'
import { EgressCaps } from './egress-caps/keeper.ts'
import { type Feeding, feeding } from './feeding.ts'
import { type Foundation, layFoundation } from './foundation.ts'
import { Leading } from './leading.ts'
import { OPERATOR_PORTS } from './ports.ts'
import type { OperatorSettings, Self } from './settings.ts'
import { type Watching, watching } from './watching.ts'

type HttpServer = ReturnType<typeof metricsServer>

/**
 * A replica that is told to stop goes on admitting for so long: the API server and the nodes need a moment to hear of it, and what
 * they send to a replica that is gone already waits for its timeout, and is refused.
 */
const LEAVING_MS = 5_000

type Parts = Foundation & Watching & Feeding

interface Operator extends Parts {
  readonly leading: Leading
  readonly admission: Admitting
  readonly health: HttpServer
}

/** Runs until `stopped` resolves. */
export async function runOperator(settings: OperatorSettings, self: Self, stopped: Promise<void>): Promise<void> {
  let left = false
  const leaving = () => left
  const foundation = await layFoundation(settings, self)
  const watched = watching(foundation)
  const parts: Parts = { ...foundation, ...watched, ...feeding(foundation, watched) }
  const admission = await admitting(foundation, watched.services, leaving)
  const health = healthOf(parts, admission, leaving)
  const operator: Operator = { ...parts, leading: leadingOf(parts), admission, health }
  await start(operator)
  await stopped
  left = true
  await stop(operator)
}

async function start(operator: Operator): Promise<void> {
  const { view, gateways, replicas, stream, certificates, health, log } = operator
  const { server, keeper, mounted } = operator.admission
  await listening(health, OPERATOR_PORTS.metrics)
  await listening(server, OPERATOR_PORTS.webhooks)
  await Promise.all([keeper.start(), replicas.start(), view.start()])
  operator.budgets.start()
  operator.leading.start()
  operator.reattestation.start()
  mounted?.start(() => keeper.renew())
  await stream.listen(OPERATOR_PORTS.stream)
  let outcomes = 0
  view.onOutcome(() => {
    outcomes += 1
  })
  collectWhenQuiet(() => outcomes + gateways.size)
  const { connections, policies } = operator.judgement.world
  log.info({ connections: connections.size, policies: policies.size }, 'ready')
  certificates.start(
    async () => {
      const { certificate, key } = certificates.leaf
      stream.renew({ cert: certificate, key })
      await keeper.renew()
    },
    (error) => log.error({ error }, 'certificates could not be renewed; they are tried again tomorrow'),
  )
}

async function stop(operator: Operator): Promise<void> {
  const { server, keeper, mounted } = operator.admission
  operator.certificates.stop()
  mounted?.stop()
  await operator.stream.close('the operator is stopping')
  await operator.reattestation.stop()
  await operator.leading.stop()
  await Promise.all([keeper.stop(), operator.replicas.stop(), operator.events.stop(), operator.budgets.stop()])
  await pause(LEAVING_MS)
  await operator.view.stop()
  for (const one of [server, operator.health]) {
    one.close()
    one.closeAllConnections()
  }
  operator.api.close()
}

function leadingOf(parts: Parts): Leading {
  const { settings, self, api, log, metrics, events, address, nameServers, judgement, view, replicas, pins } = parts
  const { agentNetworkPolicies: role } = settings
  const operator = { namespace: self.namespace, address, port: OPERATOR_PORTS.stream }
  const capped = { operator, nameServers }
  return new Leading({
    api,
    self,
    ...(role && { egressCaps: () => new EgressCaps({ api, judgement, view, settings: capped, role, events, log }) }),
    view,
    judgement,
    acknowledgements: replicas,
    events,
    pins,
    log,
    metrics: metrics.kube,
  })
}

function healthOf({ metrics, judgement, view, gateways }: Parts, { keeper }: Admitting, leaving: () => boolean) {
  metrics.watch({ gateways, judgement })
  return metricsServer(async () => metrics.registry, {
    '/healthz': () => undefined,
    '/readyz': () => {
      if (leaving()) return 'it is stopping'
      if (!view.synced) return 'the cluster has not been seen whole yet'
      return keeper.trusted ? undefined : 'the API server does not have the certificate authority of the webhooks yet'
    },
  })
}

async function listening(server: HttpsServer | HttpServer, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, resolve)
  })
}
