// The operator, wired. Every replica watches, answers webhooks and feeds gateways; one of them writes status.
import { getServers } from 'node:dns'
import type { Server as HttpsServer } from 'node:https'
import { setTimeout as pause } from 'node:timers/promises'
import { Validator } from '#crds/validate.ts'
import { collectWhenQuiet } from '#sidecar/collect-when-quiet.ts'
import { createLogger, type Logger } from '#sidecar/log.ts'
import { metricsServer } from '#sidecar/metrics-server.ts'
import { PROTOCOLS } from '#sidecar/protocols/registry.ts'
import { admissionServer } from './admission/server.ts'
import { admissionServices } from './admission-facts.ts'
import { Budgets } from './budgets/budgets.ts'
import { ClusterView } from './cluster-view.ts'
import { EgressCaps } from './egress-caps/keeper.ts'
import type { Injection } from './inject/mutate.ts'
import { renderingOf } from './inject/seal.ts'
import { injectionSettings } from './injection-settings.ts'
import { bundleOf, leafFor } from './installation/authority.ts'
import { type Installation, openInstallation, rememberRendering } from './installation/installation.ts'
import { Judgement } from './judgement/judgement.ts'
import { findAccess } from './kube/access.ts'
import { Client } from './kube/client.ts'
import { EventRecorder } from './kube/events.ts'
import { HttpTransport } from './kube/http-transport.ts'
import { Leading } from './leading.ts'
import { newOperatorMetrics } from './metrics.ts'
import { refusedEgress } from './refused-egress.ts'
import { Replicas } from './replicas/replicas.ts'
import { SERVICES } from './resources.ts'
import type { OperatorSettings, Self } from './settings.ts'
import { Snapshots } from './snapshots/snapshots.ts'
import { notAttested, notInForce } from './stream/gateway-events.ts'
import { answerOf, Gateways, podKey } from './stream/gateways.ts'
import { LeasePins } from './stream/pins.ts'
import { podAttester } from './stream/pod-attester.ts'
import { Reattestation } from './stream/reattestation.ts'
import { type StreamLog, StreamServer } from './stream/server.ts'
import { termsOf } from './stream/welcome.ts'
import { withAuthority } from './webhooks/authorities.ts'
import { CertificateFiles } from './webhooks/certificate-files.ts'
import { WebhookKeeper } from './webhooks/keeper.ts'

const OPERATOR_PORTS = { webhooks: 9443, stream: 8443, metrics: 9090 } as const

const DAY = 86_400_000
/**
 * A replica that is told to stop goes on admitting for so long: the API server and the nodes need a moment to hear of it, and what
 * they send to a replica that is gone already waits for its timeout, and is refused.
 */
const LEAVING_MS = 5_000

/** Runs until `stopped` resolves. */
export async function runOperator(settings: OperatorSettings, self: Self, stopped: Promise<void>): Promise<void> {
  const log = createLogger(settings.logLevel)
  const metrics = newOperatorMetrics()
  const transport = new HttpTransport(await findAccess(process.env))
  const api = new Client({ transport, onRequest: metrics.kube.onRequest })
  const hosts = [settings.service, `${settings.service}.${self.namespace}`, `${settings.service}.${self.namespace}.svc`]
  let installation = await openInstallation(api, self.namespace, Date.now())
  let leaf = leafFor(installation.authorities, hosts, Date.now())
  const operatorAddress = await serviceAddress(api, self.namespace, settings.service)
  const injection = injectionOf(settings, installation, operatorAddress, hosts)
  const renderings = await rememberRendering(api, self.namespace, renderingOf(injection.settings))

  const validator = new Validator()
  const { clusterDomain } = settings
  const judgement = new Judgement({ clusterDomain, protocols: PROTOCOLS, validator })
  const nameServers = settings.nameServers.length > 0 ? settings.nameServers : getServers()
  const snapshots = new Snapshots(judgement, { clusterDomain, nameServers })
  const view = new ClusterView({
    api,
    judgement,
    ownerNamespaces: settings.ownerNamespaces,
    log,
    onRestart: metrics.kube.onRestart,
  })
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
  const gateways: Gateways = new Gateways(
    {
      of: (pod) => snapshots.of(pod),
      onChange: (listener) => view.onOutcome(({ pods }) => listener(pods)),
    },
    {
      changed: () => replicas.changed(),
      added: ({ identity }) => reattestation.look(podKey(identity)),
      acknowledged: (_gateway, seconds) => metrics.propagated(seconds),
      rejected: ({ identity }, problem) => {
        log.warn({ pod: podKey(identity), problem }, 'a gateway could not take a snapshot whole')
        events.tell(notInForce(identity, problem))
      },
    },
  )
  const budgets = new Budgets({
    api,
    namespace: self.namespace,
    log,
    staleSeconds: settings.staleSeconds,
    gateways: () => gateways.list(),
  })
  view.onPodGone((uid) => budgets.podGone(uid))
  const services = admissionServices({
    api,
    judgement,
    validator,
    allowances: settings.allow,
    ownerNamespaces: settings.ownerNamespaces,
    injection: () => injection,
    renderings: () => renderings,
  })
  const events = new EventRecorder({
    api,
    reportingInstance: self.pod,
    log,
    onDropped: metrics.kube.onEventDropped,
  })
  const pins = new LeasePins(api, self.namespace)
  const { agentNetworkPolicies: role } = settings
  const capped = {
    operator: { namespace: self.namespace, address: operatorAddress, port: OPERATOR_PORTS.stream },
    nameServers,
  }
  const leading = new Leading({
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
  const attester = podAttester({ api, services, pins, judgement })
  const reattestation = new Reattestation({
    gateways,
    attester,
    form: (pod) => view.formOfPod(pod),
    refused: ({ identity }, { reason, pod }) => {
      log.warn({ pod: podKey(identity) }, `a gateway is refused from now on: ${reason}`)
      if (pod) events.tell(notAttested(pod, reason))
    },
    log,
    observer: metrics.kube.queue('attestation'),
  })
  view.onPod((pod) => reattestation.look(pod))
  const stream = new StreamServer({
    certificate: { cert: leaf.certificate, key: leaf.key },
    attester,
    gateways,
    terms: termsOf({
      maskingKeys: installation.maskingKeys,
      staleSeconds: settings.staleSeconds,
      extraCas: settings.extraCas,
    }),
    log: streamLog(log, events),
    said: (gateway, message) => {
      if (message.type === 'refused') events.tell(refusedEgress(gateway.identity, message))
      else if (message.type === 'budget') budgets.request(gateway, message)
    },
  })
  const mounted = settings.webhookCertificate
    ? await CertificateFiles.open(settings.webhookCertificate, log)
    : undefined
  let leaving = false
  const webhooks = admissionServer({
    certificate: () => mounted?.current ?? leaf,
    services,
    leaving: () => leaving,
    observe: metrics.reviewed,
    failed: (path, error) => log.error({ path, error }, 'a review failed'),
  })
  const keeper = new WebhookKeeper({
    api,
    name: settings.webhooks,
    log,
    bundle: (present) =>
      mounted ? withAuthority(present, mounted.current.authority, Date.now()) : bundleOf(installation.authorities),
  })
  metrics.watch({ gateways, judgement })
  const health = metricsServer(async () => metrics.registry, {
    '/healthz': () => undefined,
    '/readyz': () => {
      if (leaving) return 'it is stopping'
      if (!view.synced) return 'the cluster has not been seen whole yet'
      return keeper.trusted ? undefined : 'the API server does not have the certificate authority of the webhooks yet'
    },
  })
  await listening(health, OPERATOR_PORTS.metrics)
  await listening(webhooks, OPERATOR_PORTS.webhooks)
  await Promise.all([keeper.start(), replicas.start(), view.start()])
  budgets.start()
  leading.start()
  reattestation.start()
  mounted?.start(() => keeper.renew())
  await stream.listen(OPERATOR_PORTS.stream)
  let outcomes = 0
  view.onOutcome(() => {
    outcomes += 1
  })
  collectWhenQuiet(() => outcomes + gateways.size)
  log.info({ connections: judgement.world.connections.size, policies: judgement.world.policies.size }, 'ready')

  const renewal = setInterval(() => {
    renew().catch((error) => log.error({ error }, 'certificates could not be renewed; they are tried again tomorrow'))
  }, DAY)
  const renew = async (): Promise<void> => {
    installation = await openInstallation(api, self.namespace, Date.now())
    leaf = leafFor(installation.authorities, hosts, Date.now())
    stream.renew({ cert: leaf.certificate, key: leaf.key })
    await keeper.renew()
  }
  await stopped
  leaving = true
  clearInterval(renewal)
  mounted?.stop()
  await stream.close('the operator is stopping')
  await reattestation.stop()
  await leading.stop()
  await Promise.all([keeper.stop(), replicas.stop(), events.stop(), budgets.stop()])
  await pause(LEAVING_MS)
  await view.stop()
  webhooks.close()
  webhooks.closeAllConnections()
  health.close()
  health.closeAllConnections()
  api.close()
}

function injectionOf(
  settings: OperatorSettings,
  { authorities, sealKey }: Installation,
  address: string,
  hosts: readonly string[],
): Injection {
  const name = hosts.at(-1) ?? settings.service
  const operator = { address: `${address}:${OPERATOR_PORTS.stream}`, name, ca: bundleOf(authorities) }
  return { settings: injectionSettings(settings, operator), key: sealKey }
}

/** Of our Service: gateways dial it without asking a resolver. */
async function serviceAddress(api: Client, namespace: string, name: string): Promise<string> {
  const service = await api.get(SERVICES, { namespace, name })
  const { clusterIP } = Object(service['spec']) as { readonly clusterIP?: unknown }
  if (typeof clusterIP === 'string' && clusterIP !== '' && clusterIP !== 'None') return clusterIP
  throw new Error(`Service ${namespace}/${name} has no cluster IP: it must not be headless, gateways dial its address`)
}

function streamLog(log: Logger, events: EventRecorder): StreamLog {
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

async function listening(server: HttpsServer | ReturnType<typeof metricsServer>, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, resolve)
  })
}
