// A trust store for Java: certificates and nothing else in PKCS #12 (RFC 7292), as `keytool -importcert` would write it.
//
// Nothing in it is secret. The certificates are not encrypted, so that a store can be read without a password too, and the MAC,
// which some readers insist on, is under the password that everybody knows. It is the MAC of old, SHA-1: Java before the
// summer of 2021 knows no other, and what it protects from is a torn file.
import { createHash, createHmac } from 'node:crypto'
import { bmp, explicit, integer, nothing, objectIdentifier, octets, sequence, set } from './der.ts'

export const TRUST_STORE_PASSWORD = 'changeit'

const OID = {
  data: '1.2.840.113549.1.7.1',
  certificateBag: '1.2.840.113549.1.12.10.1.3',
  x509Certificate: '1.2.840.113549.1.9.22.1',
  friendlyName: '1.2.840.113549.1.9.20',
  /** Oracle's: without it Java takes a certificate for one of a chain, and trusts it for nothing. */
  trustedKeyUsage: '2.16.840.1.113894.746875.1.1',
  anyExtendedKeyUsage: '2.5.29.37.0',
  sha1: '1.3.14.3.2.26',
} as const

/** Few: the password is no secret, and every pod waits for this at its start. */
const ITERATIONS = 100
/** RFC 7292 appendix B.3: the key is one for a MAC. */
const MAC_KEY = 3
/** SHA-1's own, in bytes. */
const BLOCK = 64

/** `certificates`: PEM, one or several in each. The same ones always give the same bytes. */
export function trustStore(certificates: readonly string[]): Buffer {
  const bags = sequence(...certificates.flatMap(derOf).map(certificateBags()))
  const safes = sequence(contentInfo(bags))
  const salt = createHash('sha1').update(safes).digest().subarray(0, 8)
  const mac = createHmac('sha1', macKey(TRUST_STORE_PASSWORD, salt)).update(safes).digest()
  return sequence(
    integer(Buffer.of(3)),
    contentInfo(safes),
    sequence(
      sequence(sequence(objectIdentifier(OID.sha1), nothing()), octets(mac)),
      octets(salt),
      integer(Buffer.of(ITERATIONS)),
    ),
  )
}

function derOf(pem: string): readonly Buffer[] {
  const found = pem.matchAll(/-----BEGIN CERTIFICATE-----([^-]+)-----END CERTIFICATE-----/g)
  return [...found].map(([, base64 = '']) => Buffer.from(base64, 'base64'))
}

function contentInfo(content: Buffer): Buffer {
  return sequence(objectIdentifier(OID.data), explicit(0, octets(content)))
}

/** What is the same in all of them is made once: there are more than a hundred. */
function certificateBags(): (certificate: Buffer, index: number) => Buffer {
  const bag = objectIdentifier(OID.certificateBag)
  const x509 = objectIdentifier(OID.x509Certificate)
  const name = objectIdentifier(OID.friendlyName)
  const trusted = sequence(objectIdentifier(OID.trustedKeyUsage), set(objectIdentifier(OID.anyExtendedKeyUsage)))
  return (certificate, index) => {
    // Java keeps its entries by name, in lower case: each needs one of its own.
    const named = sequence(name, set(bmp(`sallyport-${index}`)))
    const attributes = [named, trusted].sort(Buffer.compare)
    return sequence(bag, explicit(0, sequence(x509, explicit(0, octets(certificate)))), set(...attributes))
  }
}

/** RFC 7292 appendix B.2, for one block of output: salt and password, repeated to whole blocks, hashed again and again. */
function macKey(password: string, salt: Buffer): Buffer {
  const secret = Buffer.from(`${password}\0`, 'utf16le').swap16()
  let hash = Buffer.concat([Buffer.alloc(BLOCK, MAC_KEY), repeated(salt), repeated(secret)])
  for (let round = 0; round < ITERATIONS; round++) hash = createHash('sha1').update(hash).digest()
  return hash
}

function repeated(bytes: Buffer): Buffer {
  return Buffer.alloc(BLOCK * Math.ceil(bytes.length / BLOCK), bytes)
}
