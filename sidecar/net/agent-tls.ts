// The gateway's TLS towards agents: a CA that lives in the state directory (agents trust its `ca.crt`), and leaves in memory.
import { randomBytes, X509Certificate } from 'node:crypto'
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createSecureContext, type SecureContext } from 'node:tls'
import { type Certified, makeAuthority, makeLeaf } from './certificate.ts'

const DAY = 86_400_000
const AUTHORITY_DAYS = 3650
const LEAF_DAYS = 90
/** A leaf is replaced when this much of its life is left. */
const RENEW_DAYS = 30
const MOST_LEAVES = 100
/** Clocks of laptops and pods disagree a little. */
const BACKDATED = 3_600_000

export interface AgentTlsOptions {
  /** Private to the gateway. */
  readonly directory: string
  readonly now?: () => number
}

export class AgentTls {
  /** PEM, for clients: `sslrootcert`. */
  readonly caCertificate: string
  /** Where it is. */
  readonly caFile: string
  readonly #authority: Certified
  readonly #now: () => number
  readonly #leaves = new Map<string, { readonly context: SecureContext; readonly until: number }>()

  private constructor(authority: Certified, caFile: string, now: () => number) {
    this.#authority = authority
    this.caCertificate = authority.certificate
    this.caFile = caFile
    this.#now = now
  }

  static async open(options: AgentTlsOptions): Promise<AgentTls> {
    const now = options.now ?? Date.now
    await mkdir(options.directory, { recursive: true, mode: 0o700 })
    const caFile = join(options.directory, 'ca.crt')
    return new AgentTls(await readOrMake(options.directory, now()), caFile, now)
  }

  /** For a server that is dialled by these names and addresses; made when first asked for, and again before it expires. */
  context(hosts: readonly string[]): SecureContext {
    const id = hosts.join(' ')
    const known = this.#leaves.get(id)
    const now = this.#now()
    if (known && now < known.until) return known.context
    const validity = { from: new Date(now - BACKDATED), to: new Date(now + LEAF_DAYS * DAY) }
    const leaf = makeLeaf(this.#authority, hosts, validity)
    const context = createSecureContext({
      cert: leaf.certificate,
      key: leaf.key,
      // No client certificates are asked for; naming a CA spares loading the public roots.
      ca: this.#authority.certificate,
      minVersion: 'TLSv1.2',
    })
    // Sets of hosts that are no longer asked for must not pile up over reloads.
    if (this.#leaves.size >= MOST_LEAVES) this.#leaves.clear()
    this.#leaves.set(id, { context, until: now + (LEAF_DAYS - RENEW_DAYS) * DAY })
    return context
  }
}

/** Certificate and key are one file, so that a crash or a second gateway can never leave half a pair; `ca.crt` is a copy for clients. */
async function readOrMake(directory: string, now: number): Promise<Certified> {
  const pair = join(directory, 'ca.pem')
  const authority = (await readPair(pair)) ?? (await makePair(pair, now))
  if (new X509Certificate(authority.certificate).validToDate.getTime() < now + LEAF_DAYS * DAY) {
    throw new Error(
      `the gateway's CA in ${pair} expires soon: remove the file, restart, and give clients the new ca.crt`,
    )
  }
  await writeFile(join(directory, 'ca.crt'), authority.certificate, { mode: 0o644 })
  return authority
}

async function readPair(file: string): Promise<Certified | undefined> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (text === undefined) return undefined
  const [certificate] = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n?/) ?? []
  const [key] = text.match(/-----BEGIN PRIVATE KEY-----[^-]+-----END PRIVATE KEY-----\n?/) ?? []
  if (!certificate || !key)
    throw new Error(`${file} does not hold a certificate and a key: remove it to have a new CA made`)
  return { certificate, key }
}

async function makePair(file: string, now: number): Promise<Certified> {
  const name = `Sallyport CA ${randomBytes(4).toString('hex')}`
  const validity = { from: new Date(now - BACKDATED), to: new Date(now + AUTHORITY_DAYS * DAY) }
  const made = makeAuthority(name, validity)
  const draft = `${file}.${randomBytes(6).toString('hex')}`
  await writeFile(draft, made.certificate + made.key, { mode: 0o600, flag: 'wx' })
  try {
    // Unlike rename, link fails where another gateway has been quicker; then its CA counts.
    await link(draft, file)
    return made
  } catch (error) {
    const theirs = await readPair(file)
    if (theirs) return theirs
    throw error
  } finally {
    await rm(draft, { force: true })
  }
}
