// Lines of /proc/self/net/tcp and tcp6 as the kernel writes them (net/ipv4/tcp_ipv4.c, get_tcp4_sock). Pure.
//
//   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
//    0: 0100007F:9C40 0104030A:1538 01 00000000:00000000 00:00000000 00000000 12345        0 27574 …
//
// An address is its 32-bit words as the machine stores them, in hex; a port is a plain number. A row is one end of a connection
// as its own program knows it, so it has the address from before the packet filter rewrote it.

export interface Row {
  readonly local: Endpoint
  readonly remote: Endpoint
  /** tcp_states.h: 1 is established, 10 listening. */
  readonly state: number
  /** 0 too for a socket that its program has closed. */
  readonly uid: number
}

export interface Endpoint {
  readonly address: string
  readonly port: number
}

const LISTENING = 0x0a
const ROW =
  /^\s*\d+: ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) ([0-9A-F]{2}) \S+ \S+ \S+ +(\d+) /

/** Connections whose own end has this port, whatever it is connected to. Rows that cannot be read are none. */
export function rowsWithLocalPort(table: string, port: number): readonly Row[] {
  // A look for the port's digits spares reading the other rows one by one.
  const digits = `:${port.toString(16).toUpperCase().padStart(4, '0')} `
  const rows: Row[] = []
  for (let at = table.indexOf(digits); at !== -1; at = table.indexOf(digits, at + 1)) {
    const start = table.lastIndexOf('\n', at) + 1
    const end = table.indexOf('\n', at)
    const row = readRow(table.slice(start, end === -1 ? table.length : end))
    if (row && row.local.port === port && row.state !== LISTENING) rows.push(row)
    // The remote end may have the same port: one row, once.
    at = end === -1 ? table.length : end
  }
  return rows
}

export function readRow(line: string): Row | undefined {
  const [, local, localPort, remote, remotePort, state, uid] = ROW.exec(line) ?? []
  if (local === undefined || remote === undefined) return undefined
  return {
    local: { address: readAddress(local), port: Number.parseInt(localPort ?? '', 16) },
    remote: { address: readAddress(remote), port: Number.parseInt(remotePort ?? '', 16) },
    state: Number.parseInt(state ?? '', 16),
    uid: Number(uid),
  }
}

/** Both machines that Node 24 runs on in a cluster are little-endian; a mapped IPv4 address is written as IPv4. */
function readAddress(hex: string): string {
  const bytes = Buffer.from(hex, 'hex')
  for (let word = 0; word < bytes.length; word += 4) bytes.subarray(word, word + 4).reverse()
  if (bytes.length === 4) return bytes.join('.')
  if (bytes.subarray(0, 12).equals(MAPPED)) return bytes.subarray(12).join('.')
  return plainAddress(bytes.toString('hex').replace(/(.{4})(?=.)/g, '$1:'))
}

const MAPPED = Buffer.from('00000000000000000000ffff', 'hex')

/** One spelling for an address: `::ffff:10.0.0.1` is 10.0.0.1, and IPv6 as RFC 5952 writes it. What is no address stays as it is. */
export function plainAddress(text: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(text)?.[1]
  if (mapped !== undefined) return mapped
  if (!text.includes(':')) return text
  return URL.canParse(`http://[${text}]/`) ? new URL(`http://[${text}]/`).hostname.slice(1, -1) : text
}
