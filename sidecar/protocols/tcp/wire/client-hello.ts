// A TLS ClientHello (RFC 8446 section 4.1.2), read for the names it asks for. Nothing of it is changed or answered.
//
// The target reads the same bytes with its own code, so whatever two readers could take differently is refused here: a
// second extension of one type, a second name, a name that is no host name, bytes behind the end.
import { HelloFault } from './hello-fault.ts'
import { Reader } from './reader.ts'

export interface ClientHello {
  /** As it was sent, in its own spelling; undefined where the client asked for none. */
  readonly serverName: string | undefined
  /** It has an extension that may hide the name it really asks for. */
  readonly encryptedHello: boolean
}

/** SSL 3.0 has no extensions; 0x0303 is what TLS 1.2 and 1.3 say here (RFC 8446 section 4.1.2). */
const VERSIONS: readonly number[] = [0x0301, 0x0302, 0x0303]

const SERVER_NAME = 0x0000
/**
 * 0xfe0d is encrypted_client_hello (RFC 9849 section 5); the others were its drafts, from draft-ietf-tls-esni-02 on. A
 * client without a key for the target sends the same extension filled with noise (GREASE, RFC 9849 section 6.2), made so
 * that nobody can tell the two apart.
 */
const ENCRYPTED_HELLO: ReadonlySet<number> = new Set([
  0xffce, 0xff02, 0xff03, 0xfe08, 0xfe09, 0xfe0a, 0xfe0b, 0xfe0c, 0xfe0d,
])

/** `body`: a whole handshake message of type client_hello without its header. Throws HelloFault. */
export function readClientHello(body: Buffer): ClientHello {
  const hello = new Reader(body)
  if (!VERSIONS.includes(hello.uint16())) throw new HelloFault('is of a version other than TLS 1.0 to 1.3')
  hello.skip(32)
  if (hello.vector8().length > 32) throw new HelloFault('has a session id that is too long')
  const ciphers = hello.vector16().length
  if (ciphers < 2 || ciphers % 2 !== 0) throw new HelloFault('has a broken list of cipher suites')
  if (hello.vector8().length === 0) throw new HelloFault('has no compression methods')
  if (hello.left === 0) return { serverName: undefined, encryptedHello: false }
  const extensions = new Reader(hello.vector16())
  if (hello.left > 0) throw new HelloFault('has bytes behind its end')
  return readExtensions(extensions)
}

function readExtensions(extensions: Reader): ClientHello {
  const seen = new Set<number>()
  let serverName: string | undefined
  let encryptedHello = false
  while (extensions.left > 0) {
    const type = extensions.uint16()
    const content = extensions.vector16()
    // RFC 8446 section 4.2. Which of the two a server would heed is its own affair.
    if (seen.has(type)) throw new HelloFault('has an extension twice')
    seen.add(type)
    if (type === SERVER_NAME) serverName = readServerName(content)
    if (ENCRYPTED_HELLO.has(type)) encryptedHello = true
  }
  return { serverName, encryptedHello }
}

/** RFC 6066 section 3: a list, of which the standard knows one type of entry, and that one once. */
function readServerName(content: Buffer): string {
  const extension = new Reader(content)
  const list = new Reader(extension.vector16())
  if (extension.left > 0) throw new HelloFault('has bytes behind its list of server names')
  if (list.uint8() !== 0) throw new HelloFault('has a server name of an unknown type')
  const name = list.vector16().toString('latin1')
  if (list.left > 0) throw new HelloFault('has more than one server name')
  // RFC 6066: no trailing dot, no address. A NUL or a byte above ASCII ends or bends the name for some servers.
  if (name.length > 253 || !HOST_NAME.test(name)) throw new HelloFault('has a server name that is no host name')
  return name
}

/** In linear time: each label is one run. */
const HOST_NAME = /^[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*$/
