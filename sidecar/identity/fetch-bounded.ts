// A GET whose answer may not be longer than a bound, and which follows no redirect.

export interface FetchBounds {
  readonly signal: AbortSignal
  readonly mostBytes: number
}

export async function fetchBounded(url: string, bounds: FetchBounds): Promise<Response> {
  const response = await fetch(url, {
    signal: bounds.signal,
    redirect: 'error',
    headers: { accept: 'application/json' },
  })
  const parts: Uint8Array[] = []
  let bytes = 0
  for await (const part of response.body ?? []) {
    bytes += part.length
    if (bytes > bounds.mostBytes)
      throw new Error(`${new URL(url).origin} answered with more than ${bounds.mostBytes} bytes`)
    parts.push(part)
  }
  return new Response(Buffer.concat(parts), { status: response.status })
}
