// What may go wrong between us and the API server, one word each. A plan is a list that is used up; after it all is well.

export const REQUEST_FAULTS = [
  'ok',
  'gone',
  'throttled',
  'unauthorized',
  'forbidden',
  'failed',
  'unavailable',
  'too-large-version',
  'slow',
  'never-answered',
  'refused',
  'garbage',
  'cut',
  'answer-lost',
] as const
export type RequestFault = (typeof REQUEST_FAULTS)[number]

export const EVENT_FAULTS = [
  'ok',
  'cut',
  'cut-after',
  'ended',
  'twice',
  'again-from-start',
  'gone',
  'failed',
  'garbage',
  'silence',
  'slow',
  'bookmark',
] as const
export type EventFault = (typeof EVENT_FAULTS)[number]

export class FaultPlan {
  readonly #requests: RequestFault[]
  readonly #events: EventFault[]

  constructor(requests: readonly RequestFault[] = [], events: readonly EventFault[] = []) {
    this.#requests = [...requests]
    this.#events = [...events]
  }

  request(): RequestFault {
    return this.#requests.shift() ?? 'ok'
  }

  event(): EventFault {
    return this.#events.shift() ?? 'ok'
  }

  add(...faults: readonly RequestFault[]): void {
    this.#requests.push(...faults)
  }

  addEvents(...faults: readonly EventFault[]): void {
    this.#events.push(...faults)
  }

  clear(): void {
    this.#requests.length = 0
    this.#events.length = 0
  }
}
