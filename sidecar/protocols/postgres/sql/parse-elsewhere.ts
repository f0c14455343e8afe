// Large texts are parsed one at a time in a worker thread, each within a time; a worker that exceeds it is ended.
import { Worker } from 'node:worker_threads'
import type { Answer } from './parse-worker.ts'

const LONGEST_MS = 15_000
/** Texts that may wait; each can be megabytes. */
const MOST_WAITING = 32
const WORKER_HEAP_MB = 512

let worker: Worker | undefined
let waiting = 0
let last: Promise<unknown> = Promise.resolve()

export function parseElsewhere(text: string): Promise<Answer> {
  if (waiting >= MOST_WAITING) {
    return Promise.resolve(refusal('too many large texts wait for the SQL parser; send it again later'))
  }
  waiting++
  const mine = last
    .then(() => ask(text))
    .finally(() => {
      waiting--
    })
  last = mine.catch(() => undefined)
  return mine
}

function ask(text: string): Promise<Answer> {
  const { promise, resolve } = Promise.withResolvers<Answer>()
  const asked = worker ?? start()
  worker = asked
  const finish = (answer: Answer, broken: boolean): void => {
    clearTimeout(timer)
    asked.off('message', answered).off('error', failed).off('exit', failed).unref()
    if (broken) {
      worker = undefined
      void asked.terminate()
    }
    resolve(answer)
  }
  const timer = setTimeout(() => finish(refusal('the SQL parser took too long'), true), LONGEST_MS)
  const answered = (answer: Answer): void => finish(answer, false)
  const failed = (): void => finish(refusal('the text is too large for the SQL parser'), true)
  asked.on('message', answered).on('error', failed).on('exit', failed).ref()
  asked.postMessage(text)
  return promise
}

function start(): Worker {
  // An idle worker keeps no process alive: it is referenced only while it is asked.
  return new Worker(new URL('./parse-worker.ts', import.meta.url), {
    resourceLimits: { maxOldGenerationSizeMb: WORKER_HEAP_MB },
  })
}

function refusal(reason: string): Answer {
  return { refusal: { reason, at: undefined } }
}
