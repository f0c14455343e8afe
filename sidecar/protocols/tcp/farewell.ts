// The last thing that an agent hears which is not let in, or no longer.
import type { Socket } from 'node:net'

/** Longest wait for a peer that does not take its last message. */
const LINGER_MILLISECONDS = 1_000

/** Ends at once and in both directions. A close in good order could pass for the end of what was to be said. */
export function reset(socket: Socket): void {
  if (!socket.destroyed) socket.resetAndDestroy()
}

/** A fatal alert, in clear: nothing has been answered yet (RFC 8446 sections 5.1 and 6). */
export function sayAlert(socket: Socket, alert: number): void {
  if (socket.destroyed || !socket.writable) {
    socket.destroy()
    return
  }
  const close = (): void => {
    clearTimeout(timer)
    socket.destroy()
  }
  const timer = setTimeout(close, LINGER_MILLISECONDS)
  socket.once('close', close)
  // What the peer still sends is thrown away: closing with unread bytes would send a reset, which can overtake the alert.
  socket.resume()
  socket.once('end', close)
  socket.end(Buffer.from([21, 3, 3, 0, 2, 2, alert]))
}
