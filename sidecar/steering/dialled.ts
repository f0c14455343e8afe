// Where a program of the pod wanted to go, before the packet filter led it here: the row of its own end in the pod's table of
// sockets. Node cannot ask a socket for its original destination, and a row also has the program's UID.
import { open } from 'node:fs/promises'
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
      // Programs that use IPv6 sockets for IPv4 are in the other table.
      const tables = await Promise.all(([4, 6] as const).map((family) => this.#read(family).catch(() => '')))
      for (const one of asked) one.done(find(tables, one))
    }
    this.#looking = false
  }
}

/**
 * Two connections may leave from one port if they go to different places. After rewriting they would look the same to us, so the
 * kernel gives the younger one another port; then it has no row here, or it has somebody else's. A row counts only if it is the
 * only one, and never leads anywhere but to what the agent could have dialled itself.
 */
function find(tables: readonly string[], { peer, fits }: Asked): Found {
  const rows = tables
    .flatMap((table) => rowsWithLocalPort(table, peer.port))
    .filter(({ local, remote }) => local.address === peer.address && fits(remote))
  const [row] = rows
  if (!row || rows.some((other) => !sameDestination(other, row))) return 'lost'
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
