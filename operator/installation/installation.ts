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
}

type SecretsApi = Pick<Api, 'get' | 'create' | 'update'>

export const INSTALLATION_SECRET = 'sallyport-installation'
const KEY = 'installation.key'
const AUTHORITIES = 'authorities.json'
const KEY_BYTES = 32
const ATTEMPTS = 5

/** Reads it, makes what is missing, renews what ends: at the start, and once a day. */
export async function openInstallation(api: SecretsApi, namespace: string, now: number): Promise<Installation> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await readOrMake(api, namespace, now)
    } catch (error) {
      // Another replica was quicker: then its word counts.
      if (!(error instanceof ApiError) || error.code !== 409 || attempt === ATTEMPTS) throw error
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
    return installation(key, authorities)
  }
  const { key, authorities: known } = contentOf(found)
  const authorities = renewed(known, now)
  if (authorities !== known) {
    const { metadata, ...content } = secret(name, key, authorities)
    await api.update(SECRETS, { ...found, ...content, metadata: { ...found.metadata, ...metadata } })
  }
  return installation(key, authorities)
}

function installation(key: Buffer, authorities: Authorities): Installation {
  const derive = (purpose: string) =>
    Buffer.from(hkdfSync('sha256', key, '', `sallyport operator v1 ${purpose}`, KEY_BYTES))
  return {
    authorities,
    sealKey: derive('seal'),
    maskingKeys: { hash: derive('hash-mask'), tokenize: derive('tokenize') },
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
      [AUTHORITIES]: Buffer.from(JSON.stringify(authorities)).toString('base64'),
    },
  }
}

/** A damaged Secret is never replaced: with a new key every mask would look different, and every pod would lose its seal. */
function contentOf({ data }: KubeObject): { readonly key: Buffer; readonly authorities: Authorities } {
  const value = (name: string) => {
    const text = isRecord(data) ? data[name] : undefined
    if (typeof text !== 'string') throw damaged(`has no ${name}`)
    return Buffer.from(text, 'base64')
  }
  const key = value(KEY)
  if (key.length !== KEY_BYTES) throw damaged(`${KEY} has ${key.length} bytes instead of ${KEY_BYTES}`)
  const [first, ...others] = authoritiesIn(value(AUTHORITIES).toString('utf8'))
  if (!first) throw damaged(`${AUTHORITIES} holds none`)
  return { key, authorities: [first, ...others] }
}

function authoritiesIn(text: string): readonly Certified[] {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    throw damaged(`${AUTHORITIES} is not JSON`)
  }
  if (!Array.isArray(parsed)) throw damaged(`${AUTHORITIES} is not a list`)
  return parsed.map((each: unknown) => {
    const { certificate, key } = isRecord(each) ? each : {}
    if (typeof certificate !== 'string' || typeof key !== 'string') throw damaged(`${AUTHORITIES} has a broken entry`)
    return { certificate, key }
  })
}

function damaged(problem: string): Error {
  return new Error(
    `Secret ${INSTALLATION_SECRET} ${problem}: restore it from a backup, or delete it and restart every pod that has a gateway`,
  )
}
