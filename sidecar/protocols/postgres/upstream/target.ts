// Where a session goes to and how the gateway logs in there. Everything comes from the Connection and its Secret.
import type { ResolveHost } from '#sidecar/net/resolve.ts'
import type { ScramKeyCache } from '../scram/keys.ts'

/** libpq's sslmodes `disable`, `require`, `verify-ca` and `verify-full`. */
export type TlsMode = 'Disable' | 'Require' | 'VerifyCA' | 'VerifyFull'

/**
 * What the server may ask for. `SCRAM-SHA-256` includes the -PLUS form, which is taken wherever both ends can; `SCRAM-SHA-256-PLUS`
 * alone insists on it. `MD5` and `Cleartext` are given over verified TLS only. `Certificate` and `Trust` let a server in
 * that asks for no password: with our certificate over verified TLS, or without anything.
 */
export const AUTH_METHODS = ['SCRAM-SHA-256', 'SCRAM-SHA-256-PLUS', 'MD5', 'Cleartext', 'Certificate', 'Trust'] as const
export type AuthMethod = (typeof AUTH_METHODS)[number]

export interface TargetTls {
  readonly mode: TlsMode
  /** PEM; default: the public roots. With mode Require, a CA given is verified against, as libpq does. */
  readonly ca?: string | undefined
  /** Name (or address) the certificate must be for, and SNI; default: the host. */
  readonly serverName?: string | undefined
  /** Client certificate and key, PEM. */
  readonly cert?: string | undefined
  readonly key?: string | undefined
}

export interface Target {
  /** In messages, and resolved if there are no addresses. */
  readonly host: string
  readonly port: number
  /** Tried in order. */
  readonly addresses?: readonly string[] | undefined
  /** Asked for the host instead of the machine's resolver, which in a pod its author controls. */
  readonly resolve?: ResolveHost | undefined
  readonly tls: TargetTls
  readonly credentials: { readonly username: string; readonly password?: string | undefined }
  readonly authMethods: readonly AuthMethod[]
  /** For the whole of connecting and logging in. Default 15 s. */
  readonly milliseconds?: number | undefined
}

export interface Startup {
  readonly database: string
  /** Already filtered by policy. `client_encoding` and `standard_conforming_strings` are added here and cannot be overridden. */
  readonly parameters: Iterable<readonly [string, string]>
  /** Minor version of protocol 3 to ask for; default 0, which every server and pooler takes. */
  readonly minor?: 0 | 2 | undefined
}

export interface DialOptions {
  /** Shared by all dials of one gateway, so that a password's keys are derived once. */
  readonly scramKeys: ScramKeyCache
  /** Gives up, for example because the agent has gone. */
  readonly signal?: AbortSignal | undefined
}
