// The last words to an agent that is not let in.
import type { Socket } from 'node:net'
import { PostgresFault } from '../wire/fault.ts'
import { errorResponse } from '../wire/server-messages.ts'

/** Longest wait for a peer that does not take its last message. */
const LINGER_MILLISECONDS = 1_000

/** Sends a FATAL ErrorResponse, if the socket still takes one, and closes it. Never throws. */
export function sayFatal(socket: Socket, error: unknown): Promise<void> {
  return new Promise((resolve) => {
    if (socket.destroyed || !socket.writable) {
      socket.destroy()
      resolve()
      return
    }
    const close = (): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve()
    }
    const timer = setTimeout(close, LINGER_MILLISECONDS)
    socket.once('close', close)
    // What the peer still sends is thrown away: closing with unread bytes would send a reset, which can overtake the message.
    socket.resume()
    socket.end(errorResponse({ severity: 'FATAL', ...fields(error) }), () => setTimeout(close, 50))
  })
}

function fields(error: unknown) {
  if (error instanceof PostgresFault) {
    return {
      sqlstate: error.sqlstate,
      message: error.message,
      ...(error.detail === undefined ? {} : { detail: error.detail }),
      ...(error.hint === undefined ? {} : { hint: error.hint }),
    }
  }
  return { sqlstate: 'XX000', message: 'the gateway could not take the connection' }
}
