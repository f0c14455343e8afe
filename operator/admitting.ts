// The webhooks: their server, its certificate, and the configurations by which the API server finds and trusts it.
import type { Server } from 'node:https'
import type { AdmissionServices } from './admission/cluster.ts'
import { admissionServer } from './admission/server.ts'
import type { Foundation } from './foundation.ts'
import { withAuthority } from './webhooks/authorities.ts'
import { CertificateFiles } from './webhooks/certificate-files.ts'
import { WebhookKeeper } from './webhooks/keeper.ts'

export interface Admitting {
  readonly server: Server
  readonly keeper: WebhookKeeper
  /** The webhooks' certificate, if somebody else makes it. */
  readonly mounted: CertificateFiles | undefined
}

export async function admitting(
  { settings, api, log, metrics, certificates }: Foundation,
  services: AdmissionServices,
  leaving: () => boolean,
): Promise<Admitting> {
  const { webhookCertificate, webhooks } = settings
  const mounted = webhookCertificate ? await CertificateFiles.open(webhookCertificate, log) : undefined
  const server = admissionServer({
    certificate: () => mounted?.current ?? certificates.leaf,
    services,
    leaving,
    observe: metrics.reviewed,
    failed: (path, error) => log.error({ path, error }, 'a review failed'),
  })
  const keeper = new WebhookKeeper({
    api,
    name: webhooks,
    log,
    bundle: (present) =>
      mounted ? withAuthority(present, mounted.current.authority, Date.now()) : certificates.bundle,
  })
  return { server, keeper, mounted }
}
