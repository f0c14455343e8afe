// What makes this installation this one: its authorities, and the key behind its seals and masks. They live in one Secret that all
// replicas share; whoever comes first makes it.
import { hkdfSync, randomBytes } from 'node:crypto'
import type { Certified } from '#sidecar/net/certificate.ts'
import { ApiError } from '../kube/api-error.ts'
import type { Api } from '../kube/client.ts'
import { isRecord, type KubeObject } from '../kube/object.ts'
import { SECRETS } from '../resources.ts'
import { type Authorities, renewed } from './authority.ts'

export interface Installation {
  readonly authorities: Authorities
  /** 32 bytes. */
  readonly sealKey: Buffer
  readonly maskingKeys: { readonly hash: Buffer; readonly tokenize: Buffer }
  /** Of our parts in pods: those that the last operators made, the newest last. */
  readonly renderings: readonly string[]
}

export type SecretsApi = Pick<Api, 'get' | 'create' | 'update'>

const INSTALLATION_SECRET = 'sallyport-installation'
const KEY = 'installation.key'
const AUTHORITIES = 'authorities.json'
const RENDERINGS = 'renderings.json'
/** The one in force and two before it: an upgrade, and the upgrade of an upgrade, cut nobody. */
const RENDERINGS_KEPT = 3
const KEY_BYTES = 32
const ATTEMPTS = 5

/** Reads it, makes what is missing, renews what ends: at the start, and once a day. */
export async function openInstallation(api: SecretsApi, namespace: string, now: number): Promise<Installation> {
  return await unlessQuicker(() => readOrMake(api, namespace, now))
}

/** Notes that pods are rendered so from now on. Resolves to the renderings that pods may carry. */
export async function rememberRendering(
  api: SecretsApi,
  namespace: string,
  rendering: string,
): Promise<ReadonlySet<string>> {
  return await unlessQuicker(async () => {
    const found = await api.get(SECRETS, { namespace, name: INSTALLATION_SECRET })
    const known = contentOf(found).renderings
    if (known.at(-1) === rendering) return new Set(known)
    const renderings = [...known.filter((each) => each !== rendering), rendering].slice(-RENDERINGS_KEPT)
    const data = isRecord(found['data']) ? found['data'] : {}
    await api.update(SECRETS, { ...found, data: { ...data, [RENDERINGS]: encoded(JSON.stringify(renderings)) } })
    return new Set(renderings)
  })
}

async function unlessQuicker<T>(attempt: () => Promise<T>): Promise<T> {
  for (let count = 1; ; count++) {
    try {
      return await attempt()
    } catch (error) {
      // Another replica was quicker: then its word counts.
      if (!(error instanceof ApiError) || error.code !== 409 || count === ATTEMPTS) throw error
    }
  }
}

async function readOrMake(api: SecretsApi, namespace: string, now: number): Promise<Installation> {
  const name = { namespace, name: INSTALLATION_SECRET }
  const found = await api.get(SECRETS, name).catch((error) => {
    if (error instanceof ApiError && error.code === 404) return undefined
    throw error
  })
  if (!found) {
    const key = randomBytes(KEY_BYTES)
    const authorities = renewed([], now)
    await api.create(SECRETS, secret(name, key, authorities))
    return installation(key, authorities, [])
  }
  const { key, authorities: known, renderings } = contentOf(found)
  const authorities = renewed(known, now)
  if (authorities !== known) {
    const data = isRecord(found['data']) ? found['data'] : {}
    await api.update(SECRETS, { ...found, data: { ...data, [AUTHORITIES]: encoded(JSON.stringify(authorities)) } })
  }
  return installation(key, authorities, renderings)
}

function installation(key: Buffer, authorities: Authorities, renderings: readonly string[]): Installation {
  const derive = (purpose: string) =>
    Buffer.from(hkdfSync('sha256', key, '', `sallyport operator v1 ${purpose}`, KEY_BYTES))
  return {
    authorities,
    sealKey: derive('seal'),
    maskingKeys: { hash: derive('hash-mask'), tokenize: derive('tokenize') },
    renderings,
  }
}

function secret(name: { readonly namespace: string; readonly name: string }, key: Buffer, authorities: Authorities) {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { ...name, labels: { 'app.kubernetes.io/part-of': 'sallyport' } },
    type: 'Opaque',
    data: {
      [KEY]: key.toString('base64'),
      [AUTHORITIES]: encoded(JSON.stringify(authorities)),
    },
  }
}

/** A damaged Secret is never replaced: with a new key every mask would look different, and every pod would lose its seal. */
function contentOf({ data }: KubeObject): {
  readonly key: Buffer
  readonly authorities: Authorities
  readonly renderings: readonly string[]
} {
  const value = (name: string) => {
    const text = isRecord(data) ? data[name] : undefined
    if (typeof text !== 'string') throw damaged(`has no ${name}`)
    return Buffer.from(text, 'base64')
  }
  const key = value(KEY)
  if (key.length !== KEY_BYTES) throw damaged(`${KEY} has ${key.length} bytes instead of ${KEY_BYTES}`)
  const [first, ...others] = authoritiesIn(value(AUTHORITIES).toString('utf8'))
  if (!first) throw damaged(`${AUTHORITIES} holds none`)
  const rendered = isRecord(data) && RENDERINGS in data ? listIn(RENDERINGS, value(RENDERINGS).toString('utf8')) : []
  return { key, authorities: [first, ...others], renderings: rendered.filter((each) => typeof each === 'string') }
}

function authoritiesIn(text: string): readonly Certified[] {
  return listIn(AUTHORITIES, text).map((each) => {
    const { certificate, key } = isRecord(each) ? each : {}
    if (typeof certificate !== 'string' || typeof key !== 'string') throw damaged(`${AUTHORITIES} has a broken entry`)
    return { certificate, key }
  })
}

function listIn(name: string, text: string): readonly unknown[] {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    throw damaged(`${name} is not JSON`)
  }
  if (!Array.isArray(parsed)) throw damaged(`${name} is not a list`)
  return parsed
}

function encoded(text: string): string {
  return Buffer.from(text).toString('base64')
}

function damaged(problem: string): Error {
  return new Error(
    `Secret ${INSTALLATION_SECRET} ${problem}: restore it from a backup, or delete it and restart every pod that has a gateway`,
  )
}
