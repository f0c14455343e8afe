// Certificates of the gateway's own small authority: one CA, and leaves for the names that agents dial (RFC 5280).
// ECDSA on P-256 with SHA-256: every client in use verifies it, and a handshake costs little.
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  X509Certificate,
} from 'node:crypto'
import { isIP, isIPv4, SocketAddress } from 'node:net'
import {
  bits,
  boolean,
  explicit,
  implicit,
  integer,
  objectIdentifier,
  octets,
  sequence,
  set,
  time,
  utf8,
} from './der.ts'

export interface Certified {
  /** PEM. */
  readonly certificate: string
  /** PEM, PKCS #8. */
  readonly key: string
}

export interface Validity {
  readonly from: Date
  readonly to: Date
}

const OID = {
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  commonName: '2.5.4.3',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAlternativeName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  serverAuthentication: '1.3.6.1.5.5.7.3.1',
} as const

/** A CA that may sign leaves only (path length 0). */
export function makeAuthority(name: string, validity: Validity): Certified {
  const { privateKey, publicKey } = newKey()
  const identifier = keyIdentifier(publicKey)
  const extensions = [
    extension(OID.basicConstraints, sequence(boolean(true), integer(Buffer.from([0]))), 'critical'),
    extension(OID.keyUsage, bits(Buffer.from([0x06]), 1), 'critical'), // keyCertSign, cRLSign
    extension(OID.subjectKeyIdentifier, octets(identifier)),
  ]
  const certificate = signed({ issuer: name, subject: name, validity, publicKey, extensions }, privateKey)
  return { certificate, key: toPem(privateKey) }
}

/** A server's certificate for these host names and addresses; at least one. */
export function makeLeaf(authority: Certified, hosts: readonly string[], validity: Validity): Certified {
  const [first] = hosts
  if (first === undefined) throw new RangeError('a certificate needs at least one host')
  const { privateKey, publicKey } = newKey()
  const issuerKey = createPrivateKey(authority.key)
  const extensions = [
    extension(OID.basicConstraints, sequence(), 'critical'),
    extension(OID.keyUsage, bits(Buffer.from([0x80]), 7), 'critical'), // digitalSignature
    extension(OID.extendedKeyUsage, sequence(objectIdentifier(OID.serverAuthentication))),
    extension(OID.subjectAlternativeName, sequence(...hosts.map(alternativeName))),
    extension(OID.subjectKeyIdentifier, octets(keyIdentifier(publicKey))),
    extension(OID.authorityKeyIdentifier, sequence(implicit(0, keyIdentifier(createPublicKey(issuerKey))))),
  ]
  const issuer = commonNameOf(authority)
  // A common name is at most 64 characters (RFC 5280 appendix A.1); clients look at the alternative names.
  const subject = first.length <= 64 ? first : 'sallyport'
  return {
    certificate: signed({ issuer, subject, validity, publicKey, extensions }, issuerKey),
    key: toPem(privateKey),
  }
}

interface ToBeSigned {
  readonly issuer: string
  readonly subject: string
  readonly validity: Validity
  readonly publicKey: KeyObject
  readonly extensions: readonly Buffer[]
}

function signed(content: ToBeSigned, key: KeyObject): string {
  const algorithm = sequence(objectIdentifier(OID.ecdsaWithSha256))
  const body = sequence(
    explicit(0, integer(Buffer.from([2]))), // version 3
    integer(serialNumber()),
    algorithm,
    distinguishedName(content.issuer),
    sequence(time(content.validity.from), time(content.validity.to)),
    distinguishedName(content.subject),
    content.publicKey.export({ type: 'spki', format: 'der' }),
    explicit(3, sequence(...content.extensions)),
  )
  const certificate = sequence(body, algorithm, bits(sign('sha256', body, key)))
  return new X509Certificate(certificate).toString()
}

function extension(oid: string, value: Buffer, critical?: 'critical'): Buffer {
  return sequence(objectIdentifier(oid), ...(critical ? [boolean(true)] : []), octets(value))
}

function distinguishedName(commonName: string): Buffer {
  return sequence(set(sequence(objectIdentifier(OID.commonName), utf8(commonName))))
}

function commonNameOf(authority: Certified): string {
  const { subject } = new X509Certificate(authority.certificate)
  if (!/^CN=[^\n,+\\]+$/.test(subject))
    throw new TypeError('the CA certificate was not made by this gateway: its subject is not a single common name')
  return subject.slice('CN='.length)
}

/** dNSName [2] or iPAddress [7] (RFC 5280 section 4.2.1.6). */
function alternativeName(host: string): Buffer {
  return isIP(host) ? implicit(7, addressBytes(host)) : implicit(2, Buffer.from(host, 'latin1'))
}

function addressBytes(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number))
  const [head = '', tail] = new SocketAddress({ address, family: 'ipv6' }).address.split('::')
  const left = groups(head)
  const right = groups(tail ?? '')
  const zeros = Buffer.alloc(16 - left.length - right.length)
  return Buffer.concat([left, zeros, right])
}

function groups(text: string): Buffer {
  const bytes = text.split(':').filter((group) => group !== '')
  return Buffer.concat(
    bytes.map((group) => (isIPv4(group) ? addressBytes(group) : Buffer.from(group.padStart(4, '0'), 'hex'))),
  )
}

/** 20 bytes at most and positive (RFC 5280 section 4.1.2.2); unpredictable. */
function serialNumber(): Buffer {
  const bytes = randomBytes(16)
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40
  return bytes
}

/** Method (1) of RFC 5280 section 4.2.1.2: SHA-1 of the key's bits, which end the SubjectPublicKeyInfo: an uncompressed P-256 point. */
function keyIdentifier(publicKey: KeyObject): Buffer {
  const point = publicKey.export({ type: 'spki', format: 'der' }).subarray(-65)
  return createHash('sha1').update(point).digest()
}

function newKey() {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' })
}

function toPem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString()
}
