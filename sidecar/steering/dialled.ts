// Where a program of the pod wanted to go, before the packet filter led it here: the row of its own end in the pod's table of
// sockets. Node cannot ask a socket for its original destination, and a row also has the program's UID.
import { open } from 'node:fs/promises'
import { isIPv6 } from 'node:net'
import { type Endpoint, plainAddress, type Row, rowsWithLocalPort } from './proc-net-tcp.ts'

export interface Dialled extends Endpoint {
  readonly uid: number
}

/** `lost`: no row, or several that cannot be told apart. */
export type Found = Dialled | 'lost'

/** 150 bytes a row: 200,000 sockets. A table that is larger is not searched to its end. */
const MOST_BYTES = 32 << 20
const PIECE = 256 << 10

export type ReadTable = (family: 4 | 6) => Promise<string>

interface Asked {
  readonly peer: Endpoint
  readonly fits: (destination: Endpoint) => boolean
  readonly done: (found: Found) => void
}

/** One look at the tables answers everybody who waits: connections that come together cost no more than one. */
export class DialledDestinations {
  readonly #read: ReadTable
  #waiting: Asked[] = []
  #looking = false

  constructor(read: ReadTable = readTable) {
    this.#read = read
  }

  /** `peer` as the accepted socket has it. `fits`: which destinations can have led to that listener at all. */
  of(peer: Endpoint, fits: (destination: Endpoint) => boolean): Promise<Found> {
    return new Promise((done) => {
      this.#waiting.push({ peer: { ...peer, address: plainAddress(peer.address) }, fits, done })
      if (!this.#looking) void this.#look()
    })
  }

  async #look(): Promise<void> {
    this.#looking = true
    while (this.#waiting.length > 0) {
      const asked = this.#waiting
      this.#waiting = []
      // The kernel walks all connections of the node for a table, however few are the pod's. Most programs are in the first;
      // those that use IPv6 sockets for IPv4 are in the other one.
      const left = asked.filter(({ peer }) => isIPv6(peer.address))
      const four = asked.filter((one) => !left.includes(one))
      for (const [family, here] of [[4, four] as const, [6, left] as const]) {
        if (here.length === 0) continue
        const table = await this.#read(family).catch(() => '')
        for (const one of here) {
          const found = find(table, one)
          if (found === undefined && family === 4) left.push(one)
          else one.done(found ?? 'lost')
        }
      }
    }
    this.#looking = false
  }
}

/**
 * Two connections may leave from one port if they go to different places. After rewriting they would look the same to us, so the
 * kernel gives the younger one another port; then it has no row here, or it has somebody else's. A row counts only if it is the
 * only one, and never leads anywhere but to what the agent could have dialled itself. Undefined: there is none.
 */
function find(table: string, { peer, fits }: Asked): Found | undefined {
  const rows = rowsWithLocalPort(table, peer.port).filter(
    ({ local, remote }) => local.address === peer.address && fits(remote),
  )
  const [row] = rows
  if (!row) return undefined
  if (rows.some((other) => !sameDestination(other, row))) return 'lost'
  return { ...row.remote, uid: row.uid }
}

function sameDestination(one: Row, other: Row): boolean {
  return one.remote.address === other.remote.address && one.remote.port === other.remote.port
}

async function readTable(family: 4 | 6): Promise<string> {
  const file = await open(family === 4 ? '/proc/self/net/tcp' : '/proc/self/net/tcp6')
  try {
    const pieces: string[] = []
    const piece = Buffer.alloc(PIECE)
    for (let size = 0; size < MOST_BYTES; ) {
      const { bytesRead } = await file.read(piece, 0, PIECE, null)
      if (bytesRead === 0) break
      pieces.push(piece.toString('latin1', 0, bytesRead))
      size += bytesRead
    }
    return pieces.join('')
  } finally {
    await file.close()
  }
}
