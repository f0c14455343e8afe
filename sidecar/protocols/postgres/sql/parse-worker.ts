// The parser in a thread of its own, for texts that would stall the sessions' thread.
import { parentPort } from 'node:worker_threads'
import { type Bound, outOfShape } from './bounds.ts'
import { type ParsedText, ParserBroke, parseText, ready } from './wasm.ts'

export type Answer = ParsedText | { readonly refusal: Bound | { readonly reason: string; readonly at: undefined } }

async function answer(text: string): Promise<Answer> {
  const refusal = outOfShape(text)
  if (refusal !== undefined) return { refusal }
  await ready()
  try {
    return parseText(text)
  } catch (error) {
    const reason = error instanceof ParserBroke ? error.message : 'the SQL parser failed'
    return { refusal: { reason, at: undefined } }
  }
}

parentPort?.on('message', (text: string) => {
  void answer(text).then((done) => parentPort?.postMessage(done))
})
