// What every gateway of the installation is told once it is known.
import type { Welcome } from '#contracts/control/messages.ts'

export interface WelcomeTerms {
  readonly beatSeconds: number
  readonly message: Omit<Welcome, 'type' | 'agent'>
}

export interface Installation {
  /** 32 bytes each. */
  readonly maskingKeys: { readonly hash: Buffer; readonly tokenize: Buffer }
  /** How long gateways go on with what they have while the operator is away. */
  readonly staleSeconds: number
  /** PEM, for the pods' trust bundles. */
  readonly extraCas: readonly string[]
}

const BEAT_SECONDS = 5
/** Three beats: one may be lost in a failover, two are a pattern. */
const SILENCE_SECONDS = 15

export function termsOf({ maskingKeys, staleSeconds, extraCas }: Installation): WelcomeTerms {
  return {
    beatSeconds: BEAT_SECONDS,
    message: {
      aliveSeconds: BEAT_SECONDS,
      silenceSeconds: SILENCE_SECONDS,
      staleSeconds,
      maskingKeys: {
        hash: maskingKeys.hash.toString('base64'),
        tokenize: maskingKeys.tokenize.toString('base64'),
      },
      extraCas,
    },
  }
}
