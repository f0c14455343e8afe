// Requests to the API server and the bytes of its answers. There is one over HTTP, and tests have one in memory.

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** With its query. */
  readonly path: string
  readonly contentType?: string
  readonly body?: string
  /** Doing it twice is doing it once. */
  readonly repeatable?: boolean
  /** The answer may stay open for long: it must not take a connection from the pool. */
  readonly watch?: boolean
}

export interface ApiAnswer {
  readonly status: number
  readonly retryAfter: string | undefined
  /** Ends, or throws where the connection breaks. Whoever does not read to the end ends the iteration. */
  readonly body: AsyncIterable<Uint8Array>
}

export interface Transport {
  /** Rejects with an error whose message says why there is no answer. Aborting the signal ends the body too. */
  open(request: ApiRequest, signal: AbortSignal): Promise<ApiAnswer>
  /** The API server refused who we say we are: look again at who that is. */
  renew(): Promise<void>
  close(): void
}
