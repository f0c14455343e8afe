// What an agent asks for in its StartupMessage, read once: user, database, settings. What can never be had is refused here.
import { PostgresFault } from '../wire/fault.ts'
import { parseOptions, type Setting } from './options.ts'

/** NAMEDATALEN, its final zero aside. */
const LONGEST_NAME = 63

export interface Wishes {
  readonly user: string
  /** As the server does it: the user's name where none is given. */
  readonly database: string
  /** In the server's order: those of `options` first, then the parameters, so the last one of a name counts. Pinned ones are left out. */
  readonly settings: readonly Setting[]
  /** `_pq_.` protocol extensions; there are none that we know, so they go into NegotiateProtocolVersion. */
  readonly unknownOptions: readonly string[]
}

export function readWishes(parameters: ReadonlyMap<string, string>): Wishes {
  const fromOptions: Setting[] = []
  const fromParameters: Setting[] = []
  const unknownOptions: string[] = []
  for (const [name, value] of parameters) {
    if (name === 'user' || name === 'database') continue
    if (name === 'replication') refuseReplication(value)
    else if (name === 'options') fromOptions.push(...parseOptions(value))
    else if (name.startsWith('_pq_.')) unknownOptions.push(name)
    else fromParameters.push({ name: name.toLowerCase(), value })
  }
  const user = parameters.get('user') ?? ''
  if (user === '') {
    throw new PostgresFault({ sqlstate: '28000', message: 'no PostgreSQL user name specified in startup packet' })
  }
  const settings = [...fromOptions, ...fromParameters].filter((setting) => !isPinned(setting))
  return { user: clipped(user), database: clipped(parameters.get('database') || user), settings, unknownOptions }
}

/** As the server does it. What is put there by mistake, a token as the user say, is so in no record either. */
function clipped(name: string): string {
  return Buffer.from(name)
    .subarray(0, LONGEST_NAME)
    .toString()
    .replace(/\ufffd+$/, '')
}

function refuseReplication(value: string): void {
  if (parseBoolean(value) === false) return
  throw new PostgresFault({
    sqlstate: '0A000',
    message: 'replication connections are not allowed through this gateway',
    detail: 'A replication stream carries every row of the server, whatever a policy says.',
    hint: 'Connect without the startup parameter "replication".',
  })
}

/** True for a wish that is granted anyway; throws for one that would change how text is read. */
function isPinned(setting: Setting): boolean {
  if (setting.name === 'client_encoding') {
    // The server compares encoding names by their letters and digits only (clean_encoding_name), so 'utf-8' in quotes is UTF8.
    const encoding = setting.value.toLowerCase().replaceAll(/[^a-z0-9]/g, '')
    if (encoding === 'utf8' || encoding === 'unicode') return true
    throw pinned('client_encoding', 'UTF8', setting.value)
  }
  if (setting.name === 'standard_conforming_strings') {
    if (parseBoolean(setting.value) === true) return true
    throw pinned('standard_conforming_strings', 'on', setting.value)
  }
  return false
}

function pinned(name: string, value: string, wish: string): PostgresFault {
  return new PostgresFault({
    sqlstate: '22023',
    message: `${name} is always ${value} through this gateway; "${wish.slice(0, 64)}" is not allowed`,
    hint: `Leave ${name} out of the connection's parameters, or set it to ${value}.`,
  })
}

/** parse_bool: unique prefixes of true, false, yes, no, on, off; 1 and 0; any case. Undefined for anything else. */
export function parseBoolean(text: string): boolean | undefined {
  const word = text.toLowerCase()
  if (word === '') return undefined
  if (word === '1' || 'true'.startsWith(word) || 'yes'.startsWith(word) || word === 'on') return true
  if (word === '0' || 'false'.startsWith(word) || 'no'.startsWith(word)) return false
  return word.length > 1 && 'off'.startsWith(word) ? false : undefined
}
