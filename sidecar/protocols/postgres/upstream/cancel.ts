// Asks a server to stop what a session of ours is running: a connection of its own that carries nothing but the session's
// key. It goes the same way as the session, TLS included, so that the key is not shown to anybody else.
import { cancelRequest } from '../wire/startup-messages.ts'
import { connectTarget } from './connect.ts'
import type { Target } from './target.ts'

const DEFAULT_MILLISECONDS = 5_000

/** Resolves when the server has closed the connection, which it does once the signal is sent; it never says whether anything was cancelled. */
export async function cancelUpstream(
  target: Target,
  backendKey: { readonly pid: number; readonly key: Buffer },
  signal?: AbortSignal,
): Promise<void> {
  const milliseconds = target.milliseconds ?? DEFAULT_MILLISECONDS
  const { socket } = await connectTarget(target, { until: performance.now() + milliseconds, signal })
  const timer = setTimeout(() => socket.destroy(), milliseconds)
  const closed = new Promise((resolve) => socket.once('close', resolve))
  socket.resume()
  socket.write(cancelRequest(backendKey.pid, backendKey.key))
  await closed
  clearTimeout(timer)
}
