// What every part of the operator stands on: the API server, the installation, how pods are rendered, and where people are told.
import { getServers } from 'node:dns'
import { createLogger, type Logger } from '#sidecar/log.ts'
import type { Injection } from './inject/mutate.ts'
import { renderingOf } from './inject/seal.ts'
import { injectionSettings } from './injection-settings.ts'
import { rememberRendering } from './installation/installation.ts'
import { OwnCertificates } from './installation/own-certificates.ts'
import { findAccess } from './kube/access.ts'
import { Client } from './kube/client.ts'
import { EventRecorder } from './kube/events.ts'
import { HttpTransport } from './kube/http-transport.ts'
import { newOperatorMetrics, type OperatorMetrics } from './metrics.ts'
import { OPERATOR_PORTS } from './ports.ts'
import { SERVICES } from './resources.ts'
import type { OperatorSettings, Self } from './settings.ts'

export interface Foundation {
  readonly settings: OperatorSettings
  readonly self: Self
  readonly log: Logger
  readonly metrics: OperatorMetrics
  readonly api: Client
  readonly events: EventRecorder
  readonly certificates: OwnCertificates
  /** Of the operator's Service. */
  readonly address: string
  /** Addresses that gateways ask for the names of their upstreams. */
  readonly nameServers: readonly string[]
  readonly injection: Injection
  /** What pods may carry of ours. */
  readonly renderings: ReadonlySet<string>
}

export async function layFoundation(settings: OperatorSettings, self: Self): Promise<Foundation> {
  const log = createLogger(settings.logLevel)
  const metrics = newOperatorMetrics()
  const transport = new HttpTransport(await findAccess(process.env))
  const api = new Client({ transport, onRequest: metrics.kube.onRequest })
  const { namespace } = self
  const name = `${settings.service}.${namespace}.svc`
  const hosts = [settings.service, `${settings.service}.${namespace}`, name]
  const certificates = await OwnCertificates.open({ api, namespace, hosts })
  const address = await serviceAddress(api, namespace, settings.service)
  const operator = { address: `${address}:${OPERATOR_PORTS.stream}`, name, ca: certificates.bundle }
  const injection = { settings: injectionSettings(settings, operator), key: certificates.installation.sealKey }
  return {
    settings,
    self,
    log,
    metrics,
    api,
    events: new EventRecorder({ api, reportingInstance: self.pod, log, onDropped: metrics.kube.onEventDropped }),
    certificates,
    address,
    nameServers: settings.nameServers.length > 0 ? settings.nameServers : getServers(),
    injection,
    renderings: await rememberRendering(api, namespace, renderingOf(injection.settings)),
  }
}

/** Gateways dial it without asking a resolver. */
async function serviceAddress(api: Client, namespace: string, name: string): Promise<string> {
  const service = await api.get(SERVICES, { namespace, name })
  const { clusterIP } = Object(service['spec']) as { readonly clusterIP?: unknown }
  if (typeof clusterIP === 'string' && clusterIP !== '' && clusterIP !== 'None') return clusterIP
  throw new Error(`Service ${namespace}/${name} has no cluster IP: it must not be headless, gateways dial its address`)
}
