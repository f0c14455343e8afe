// One watch of the fake API server: history first, then what happens, through the faults of the plan.
import type { Clock } from '../clock.ts'
import type { KubeObject } from '../object.ts'
import { ByteStream } from './byte-stream.ts'
import type { Change } from './fake-storage.ts'
import type { FaultPlan } from './faults.ts'

export const BOOKMARK_MILLISECONDS = 60_000

export interface WatchSettings {
  readonly clock: Clock
  readonly faults: FaultPlan
  readonly matches: (object: KubeObject) => boolean
  readonly bookmarks: boolean
  readonly timeoutSeconds: number
  /** Only what is later is told; while the server is not there yet, not even bookmarks are. */
  readonly after: number
  readonly version: () => number
}

export class FakeWatch {
  readonly body = new ByteStream()
  readonly #settings: WatchSettings
  readonly #sent: string[] = []
  readonly #waiting: (() => void)[] = []
  #silent = false
  #slow = false
  readonly #cancels: (() => void)[] = []

  constructor(settings: WatchSettings, onClose: () => void) {
    this.#settings = settings
    this.body.onClose(() => {
      for (const cancel of this.#cancels) cancel()
      onClose()
    })
    this.#cancels.push(settings.clock.after(settings.timeoutSeconds * 1000, () => this.body.end()))
    this.#scheduleBookmark()
  }

  /** An object that begins or ceases to match is added or deleted for whoever watches. */
  tell({ before, after, version }: Change): void {
    if (version <= this.#settings.after) return
    const matched = before !== undefined && this.#settings.matches(before)
    const matching = after !== undefined && this.#settings.matches(after)
    if (matching) this.#send(matched ? 'MODIFIED' : 'ADDED', after)
    else if (matched) this.#send('DELETED', versioned(before, version))
  }

  bookmark(version: number): void {
    if (this.#silent || !this.#settings.bookmarks || version < this.#settings.after) return
    this.#write(line('BOOKMARK', { kind: 'Any', apiVersion: 'v1', metadata: { resourceVersion: String(version) } }))
  }

  /** As a proxy does that goes away. */
  cut(): void {
    this.body.fail(new Error('socket hang up'))
  }

  error(code: number, reason: string): void {
    this.#write(line('ERROR', { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message: reason }))
    this.#later(() => this.body.end())
  }

  #send(type: string, object: KubeObject): void {
    if (this.#silent || !this.body.open) return
    const text = line(type, object)
    const fault = this.#settings.faults.event()
    if (fault === 'slow') this.#delay()
    if (fault === 'silence') this.#silent = true
    else if (fault === 'gone') this.error(410, 'Expired')
    else if (fault === 'failed') this.error(500, 'InternalError')
    else if (fault === 'ended') this.#later(() => this.body.end())
    else if (fault === 'garbage') this.#write('{"type":"ADDED","object":{"kind\n')
    else if (fault === 'cut') this.#write(text.slice(0, text.length / 2))
    else this.#deliver(text)
    if (fault === 'cut' || fault === 'cut-after') this.#later(() => this.cut())
    if (fault === 'twice') this.#deliver(text)
    if (fault === 'again-from-start') for (const earlier of [...this.#sent]) this.#write(earlier)
    if (fault === 'bookmark') this.bookmark(Number(object.metadata.resourceVersion))
  }

  #deliver(text: string): void {
    this.#sent.push(text)
    this.#write(text)
  }

  #write(text: string): void {
    this.#later(() => this.body.push(text))
  }

  /** Now, or after what is being held up. */
  #later(run: () => void): void {
    if (this.#slow) this.#waiting.push(run)
    else run()
  }

  #delay(): void {
    if (this.#slow) return
    this.#slow = true
    const release = (): void => {
      this.#slow = false
      for (const run of this.#waiting.splice(0)) run()
    }
    this.#cancels.push(this.#settings.clock.after(2_000, release))
  }

  #scheduleBookmark(): void {
    const next = (): void => {
      this.bookmark(this.#settings.version())
      this.#scheduleBookmark()
    }
    if (this.body.open) this.#cancels.push(this.#settings.clock.after(BOOKMARK_MILLISECONDS, next))
  }
}

function line(type: string, object: unknown): string {
  return `${JSON.stringify({ type, object })}\n`
}

function versioned(object: KubeObject, version: number): KubeObject {
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } }
}
