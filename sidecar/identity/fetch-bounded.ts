// A GET whose answer may not be longer than a bound, and which follows no redirect. Not `fetch`: that finds hosts by the machine's
// own files, which in a pod are its author's.
import type { IncomingMessage } from 'node:http'
import { isIPv6, type LookupFunction } from 'node:net'
import { type ResolveHost, resolveHost } from '#sidecar/net/resolve.ts'

export interface FetchBounds {
  readonly signal: AbortSignal
  readonly mostBytes: number
  /** Default: the machine's own resolver. */
  readonly resolve?: ResolveHost | undefined
}

export async function fetchBounded(url: string, { signal, mostBytes, resolve }: FetchBounds): Promise<Response> {
  const response = await get(new URL(url), signal, resolve)
  const status = response.statusCode ?? 0
  try {
    if (status >= 300 && status < 400) throw new Error(`${url} leads elsewhere, and redirects are not followed`)
    const parts: Uint8Array[] = []
    let bytes = 0
    for await (const part of response) {
      bytes += part.length
      if (bytes > mostBytes) throw new Error(`${new URL(url).origin} answered with more than ${mostBytes} bytes`)
      parts.push(part)
    }
    const bodiless = status === 204 || status === 205
    return new Response(bodiless ? null : Buffer.concat(parts), { status })
  } finally {
    response.destroy()
  }
}

async function get(url: URL, signal: AbortSignal, resolve: ResolveHost | undefined): Promise<IncomingMessage> {
  // Only here, for gateways that mostly need none of it. An `import()` would load WebSocket and fetch as well, 5 MB, and a bundle
  // would make an object without any of the names of it.
  const { request } = process.getBuiltinModule(url.protocol === 'https:' ? 'node:https' : 'node:http')
  return await new Promise((done, fail) => {
    const headers = { accept: 'application/json' }
    request(url, { signal, headers, agent: false, lookup: lookupBy(resolve) }, done)
      .once('error', fail)
      .end()
  })
}

function lookupBy(resolve: ResolveHost | undefined): LookupFunction {
  return (host, { all }, done) => {
    resolveHost({ host, resolve }).then(
      (addresses) => {
        const found = addresses.map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }))
        const [first] = found
        if (all) done(null, found)
        else done(null, first?.address ?? '', first?.family)
      },
      (error) => done(error, ''),
    )
  }
}
