// Messages that we originate to the target (PostgreSQL documentation, 54.7 "Message Formats").
import { message } from './server-messages.ts'

export function query(text: string): Buffer {
  return message('Q', cstring(text))
}

/** The types of its parameters are left to the target. */
export function parse(name: string, text: string): Buffer {
  return message('P', cstring(name), cstring(text), Buffer.from([0, 0]))
}

/** No parameters, everything in text format. */
export function bind(portal: string, statement: string): Buffer {
  return message('B', cstring(portal), cstring(statement), Buffer.alloc(6))
}

export function describeStatement(name: string): Buffer {
  return message('D', Buffer.from('S'), cstring(name))
}

export function describePortal(name: string): Buffer {
  return message('D', Buffer.from('P'), cstring(name))
}

/** All of its rows. */
export function execute(portal: string): Buffer {
  return message('E', cstring(portal), Buffer.alloc(4))
}

export function closeStatement(name: string): Buffer {
  return message('C', Buffer.from('S'), cstring(name))
}

export function closePortal(name: string): Buffer {
  return message('C', Buffer.from('P'), cstring(name))
}

/** Ends a COPY FROM STDIN as a failure. */
export function copyFail(reason: string): Buffer {
  return message('f', cstring(reason))
}

export function sync(): Buffer {
  return message('S')
}

export function flush(): Buffer {
  return message('H')
}

function cstring(text: string): Buffer {
  return Buffer.from(`${text}\0`, 'utf8')
}
