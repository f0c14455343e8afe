// SCRAM-SHA-256-PLUS with certificates of every kind of signature, judged by a real server.
import { after, describe, test } from 'node:test'
import { startPostgres, whyMissing } from '#e2e/postgres/embedded.ts'
import { ScramKeyCache } from '../scram/keys.ts'
import { TestCertificates } from './certificates.fixture.ts'
import { dialUpstream } from './dial.ts'
import type { AuthMethod } from './target.ts'

const scramKeys = new ScramKeyCache()
const certificates = new TestCertificates()
after(() => certificates.remove())

describe('channel binding by the hash of the certificate', { skip: (await whyMissing(15)) ?? false }, () => {
  // The certificate's signature is its issuer's, so every row has a CA of its own.
  const kinds: Readonly<
    Record<string, { ca: readonly string[]; sign: readonly string[]; methods?: readonly AuthMethod[] }>
  > = {
    'RSA with SHA-384': { ca: ['rsa:2048'], sign: ['-sha384'] },
    'RSA-PSS with SHA-384': { ca: ['rsa:2048'], sign: ['-sha384', '-sigopt', 'rsa_padding_mode:pss'] },
    'ECDSA with SHA-512': { ca: ['ec', '-pkeyopt', 'ec_paramgen_curve:P-384'], sign: ['-sha512'] },
    'Ed25519, which has none, so SCRAM without it': { ca: ['ed25519'], sign: [], methods: ['SCRAM-SHA-256'] },
  }
  for (const [title, kind] of Object.entries(kinds)) {
    test(title, async () => {
      const name = title.replaceAll(/\W/g, '')
      const issuer = certificates.authority(`${name}CA`, kind.ca)
      const files = certificates.leaf(name, issuer, 'db.example', 'DNS:db.example', kind.sign)
      await using server = await startPostgres({ version: 15, ssl: { cert: files.cert, key: files.key } })
      const target = {
        host: 'db.example',
        addresses: ['127.0.0.1'],
        port: server.port,
        tls: { mode: 'Require' } as const,
        authMethods: kind.methods ?? ['SCRAM-SHA-256-PLUS'],
        credentials: { username: server.superuser, password: server.password },
      }
      const upstream = await dialUpstream(target, { database: 'postgres', parameters: [] }, { scramKeys })
      upstream.socket.destroy()
    })
  }
})
