// A certificate that somebody else makes and renews (cert-manager), in files of a mounted Secret. The kubelet exchanges all of them
// together, but readers open them one by one: a certificate and a key that do not belong together are looked at again later.
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ServerCertificate } from '../admission/server.ts'
import type { Log } from '../kube/log.ts'

export interface MountedCertificate extends ServerCertificate {
  /** PEM of the authority that signed it. */
  readonly authority: string
}

const LOOK_MS = 10_000

export class CertificateFiles {
  readonly #directory: string
  readonly #log: Log
  #current: MountedCertificate
  #looking: NodeJS.Timeout | undefined

  private constructor(directory: string, log: Log, current: MountedCertificate) {
    this.#directory = directory
    this.#log = log
    this.#current = current
  }

  /** Rejects with what is missing or wrong. */
  static async open(directory: string, log: Log): Promise<CertificateFiles> {
    return new CertificateFiles(directory, log, await readCertificate(directory))
  }

  /** The same object as long as the files hold the same. */
  get current(): MountedCertificate {
    return this.#current
  }

  start(changed: () => Promise<void>): void {
    this.#looking = setInterval(() => {
      this.look()
        .then((other) => (other ? changed() : undefined))
        .catch((error) => this.#log.warn({ error }, 'the webhooks keep the certificate that they have'))
    }, LOOK_MS)
  }

  stop(): void {
    clearInterval(this.#looking)
  }

  /** Whether it is another one than before. */
  async look(): Promise<boolean> {
    const found = await readCertificate(this.#directory)
    const { certificate, key, authority } = this.#current
    if (found.certificate === certificate && found.key === key && found.authority === authority) return false
    this.#current = found
    return true
  }
}

async function readCertificate(directory: string): Promise<MountedCertificate> {
  const [certificate, key, authority] = await Promise.all(['tls.crt', 'tls.key', 'ca.crt'].map(read(directory)))
  if (!certificate || !key) throw wrong(directory, 'tls.crt or tls.key is empty')
  if (!authority?.includes('BEGIN CERTIFICATE')) {
    throw wrong(
      directory,
      'ca.crt holds no certificate: the issuer must be one that tells its authority, such as a CA issuer',
    )
  }
  if (!new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key)))
    throw wrong(directory, 'tls.crt and tls.key do not belong together')
  return { certificate, key, authority }
}

function read(directory: string): (name: string) => Promise<string> {
  return (name) =>
    readFile(join(directory, name), 'utf8').catch((error: NodeJS.ErrnoException) => {
      throw wrong(directory, error.code === 'ENOENT' ? `${name} is missing` : error.message)
    })
}

function wrong(directory: string, problem: string): Error {
  return new Error(`the webhooks' certificate in ${directory} cannot be used: ${problem}; see its Certificate resource`)
}
