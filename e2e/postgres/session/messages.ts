// Exchanges in few words.
import { serialize } from 'pg-protocol'
import { message } from '../raw.ts'

export interface Round {
  readonly bytes: Buffer
  readonly ready: number
}

export const q = (...texts: readonly string[]): readonly Round[] =>
  texts.map((text) => ({ bytes: serialize.query(text), ready: 1 }))

/** Everything at once, with `ready` ReadyForQuery to wait for. */
export const all = (ready: number, ...parts: readonly Buffer[]): readonly Round[] => [
  { bytes: Buffer.concat(parts), ready },
]

export const parse = (text: string, name = '') => serialize.parse({ name, text })
export const bind = (statement = '', portal = '') => serialize.bind({ statement, portal })
export const describe = (name = '') => serialize.describe({ type: 'P', name })
export const execute = (portal = '', rows = 0) => serialize.execute({ portal, rows })
export const close = (type: 'S' | 'P', name: string) => serialize.close({ type, name })
export const query = (text: string) => serialize.query(text)
export const sync = () => serialize.sync()
export const flush = () => serialize.flush()
/** `rows`: how many of its rows are asked for; 0: all. */
export const run = (text: string, rows = 0) => Buffer.concat([parse(text), bind(), execute('', rows)])
export const copyData = (text: string) => message('d', text)
export const copyDone = () => message('c')
export const copyFail = (why: string) => message('f', `${why}\0`)

/** FunctionCall without arguments (PostgreSQL 18 documentation §54.7). */
export function call(oid: number, ...values: readonly string[]): Buffer {
  const head = Buffer.alloc(4)
  head.writeUInt32BE(oid)
  const count = Buffer.alloc(2)
  count.writeUInt16BE(values.length)
  const cells = values.map((value) => {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(value.length)
    return Buffer.concat([length, Buffer.from(value)])
  })
  return message('F', head, Buffer.alloc(2), count, ...cells, Buffer.alloc(2))
}
