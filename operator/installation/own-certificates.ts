// The installation as it stands, and this replica's certificate from its authority. Both are looked at once a day: what ends soon is
// made anew.
import type { Certified } from '#sidecar/net/certificate.ts'
import { bundleOf, leafFor } from './authority.ts'
import { type Installation, openInstallation, type SecretsApi } from './installation.ts'

const DAY = 86_400_000

export interface OwnCertificatesOptions {
  readonly api: SecretsApi
  readonly namespace: string
  /** What gateways and the API server call the operator. */
  readonly hosts: readonly string[]
}

export class OwnCertificates {
  readonly #options: OwnCertificatesOptions
  #installation: Installation
  #leaf: Certified
  #daily: NodeJS.Timeout | undefined

  private constructor(options: OwnCertificatesOptions, installation: Installation) {
    this.#options = options
    this.#installation = installation
    this.#leaf = leafFor(installation.authorities, options.hosts, Date.now())
  }

  static async open(options: OwnCertificatesOptions): Promise<OwnCertificates> {
    return new OwnCertificates(options, await openInstallation(options.api, options.namespace, Date.now()))
  }

  get installation(): Installation {
    return this.#installation
  }

  get leaf(): Certified {
    return this.#leaf
  }

  /** PEM: what whoever dials the operator has to trust. */
  get bundle(): string {
    return bundleOf(this.#installation.authorities)
  }

  /** `renewed` after each look, `failed` where there was none. */
  start(renewed: () => Promise<void>, failed: (error: unknown) => void): void {
    this.#daily = setInterval(() => {
      this.#renew().then(renewed).catch(failed)
    }, DAY)
  }

  stop(): void {
    clearInterval(this.#daily)
  }

  async #renew(): Promise<void> {
    const { api, namespace, hosts } = this.#options
    this.#installation = await openInstallation(api, namespace, Date.now())
    this.#leaf = leafFor(this.#installation.authorities, hosts, Date.now())
  }
}
