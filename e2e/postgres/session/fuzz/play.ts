// Plays a sequence in a session of its own and tells what came back, message by message.
import { errorFields, type Message, openSession, type RawOptions } from '../../raw.ts'
import { type Step, said } from './generator.ts'

/** Out of COPY, out of a skipped pipeline, out of a transaction; then something that cannot be mistaken. */
const EPILOGUE = ['CopyFail', 'Sync', 'Query rollback', "Query select 'the end'"].map(said)

/** `cut`: how many of so many bytes go out next. */
export async function play(options: RawOptions, steps: readonly Step[], cut: (left: number) => number) {
  const session = await openSession(options)
  const bytes = Buffer.concat([...steps, ...EPILOGUE].map((step) => step.bytes))
  for (let at = 0; at < bytes.length; ) {
    const size = Math.max(1, Math.min(bytes.length - at, cut(bytes.length - at)))
    session.send(bytes.subarray(at, at + size))
    at += size
    if (at < bytes.length) await new Promise((resolve) => setImmediate(resolve))
  }
  const answers: string[] = []
  try {
    for (let ended = false; ; ) {
      const message = await session.next(5_000)
      if (!message) {
        answers.push('closed')
        break
      }
      const told = tell(message)
      answers.push(told)
      if (told === 'D 000100000007the end') ended = true
      if (ended && message.type === 'Z') break
    }
  } catch {
    answers.push('silence')
  }
  session.close()
  return answers
}

/** What must be the same on both ways: all but process ids, oids of tables, and words of errors. */
function tell({ type, body }: Message): string {
  if (type === 'E' || type === 'N') {
    const { V, C } = errorFields(body)
    return `${type} ${V} ${C}`
  }
  if (type === 'A') return `A ${body.toString('latin1', 4)}`
  if (type === 'T') return `T ${columns(body)}`
  if (type === 'D') return `D ${body.toString('hex', 0, 6)}${body.toString('latin1', 6)}`
  return `${type} ${body.toString('latin1')}`
}

function columns(body: Buffer): string {
  const found: string[] = []
  for (let at = 2; at < body.length; ) {
    const end = body.indexOf(0, at)
    found.push(`${body.toString('utf8', at, end)}:${body.toString('hex', end + 5, end + 19)}`)
    at = end + 19
  }
  return found.join()
}
