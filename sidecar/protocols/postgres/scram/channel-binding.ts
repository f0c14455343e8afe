// tls-server-end-point (RFC 5929 section 4.1): the hash of the server's certificate ties a SCRAM exchange to the TLS
// connection it runs in. The hash function is that of the certificate's signature; MD5 and SHA-1 are replaced by SHA-256.
import { createHash, X509Certificate } from 'node:crypto'

const HASH_BY_SIGNATURE: ReadonlyMap<string, string> = new Map([
  ['1.2.840.113549.1.1.4', 'sha256'], // md5WithRSAEncryption, replaced
  ['1.2.840.113549.1.1.5', 'sha256'], // sha1WithRSAEncryption, replaced
  ['1.2.840.113549.1.1.14', 'sha224'],
  ['1.2.840.113549.1.1.11', 'sha256'],
  ['1.2.840.113549.1.1.12', 'sha384'],
  ['1.2.840.113549.1.1.13', 'sha512'],
  ['1.2.840.10045.4.1', 'sha256'], // ecdsa-with-SHA1, replaced
  ['1.2.840.10045.4.3.1', 'sha224'],
  ['1.2.840.10045.4.3.2', 'sha256'],
  ['1.2.840.10045.4.3.3', 'sha384'],
  ['1.2.840.10045.4.3.4', 'sha512'],
])
const RSASSA_PSS = '1.2.840.113549.1.1.10'

/** 2.16.840.1.101.3.4.2.N in DER without its last byte, and what N stands for. */
const NIST_HASH = Buffer.from([0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02])
const NIST_HASHES: ReadonlyMap<number, string> = new Map([
  [1, 'sha256'],
  [2, 'sha384'],
  [3, 'sha512'],
  [4, 'sha224'],
])

/**
 * Undefined where PostgreSQL itself finds no hash either (Ed25519): then a connection cannot be bound, and the client must
 * not claim that it could have been.
 */
export function serverEndPoint(certificate: Buffer): Buffer | undefined {
  const hash = signatureHash(certificate)
  return hash === undefined ? undefined : createHash(hash).update(certificate).digest()
}

function signatureHash(certificate: Buffer): string | undefined {
  const algorithm = new X509Certificate(certificate).signatureAlgorithmOid ?? ''
  return algorithm === RSASSA_PSS ? pssHash(certificate) : HASH_BY_SIGNATURE.get(algorithm)
}

/**
 * RSASSA-PSS names its hash in its parameters (RFC 4055 section 3.1): `[0] hashAlgorithm`, SHA-1 where that is left out.
 * Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm SEQUENCE { OID, parameters SEQUENCE { [0] … } }, … }
 */
function pssHash(certificate: Buffer): string | undefined {
  const body = contents(certificate, 0)
  const algorithm = contents(certificate, contents(certificate, body.start).end)
  const parameters = contents(certificate, contents(certificate, algorithm.start).end)
  if (parameters.end > algorithm.end) return undefined
  if (certificate[parameters.start] !== 0xa0) return 'sha256'
  const named = contents(certificate, contents(certificate, parameters.start).start)
  const name = certificate.subarray(named.start, named.end)
  return name.subarray(0, NIST_HASH.length).equals(NIST_HASH) ? NIST_HASHES.get(name[NIST_HASH.length] ?? 0) : undefined
}

/** Where the contents of the DER element at `at` lie. Node has parsed the certificate before, so it is well-formed. */
function contents(der: Buffer, at: number): { readonly start: number; readonly end: number } {
  const first = der[at + 1] ?? 0
  if (first < 0x80) return { start: at + 2, end: at + 2 + first }
  const digits = first & 0x7f
  const start = at + 2 + digits
  return { start, end: start + der.readUIntBE(at + 2, digits) }
}
