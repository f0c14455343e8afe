// `sessions replay`: the session as it happened, with its pauses if somebody wants to watch.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Outputs } from '../io.ts'
import { SessionReader, type View } from './entries.ts'
import { entryLines, headLines, reportLines } from './entry-text.ts'

/** Nobody watches an agent think for longer. */
const LONGEST_PAUSE_MILLISECONDS = 5_000

export async function replay(view: View, speed: number, io: Outputs): Promise<number> {
  const reader = await SessionReader.open(view)
  io.stdout.write(headLines(reader))
  let first: number | undefined
  let last: number | undefined
  for await (const entry of reader.entries()) {
    first ??= entry.time
    const pause = (entry.time - (last ?? first)) / 1000 / speed
    if (pause >= 1) await sleep(Math.min(pause, LONGEST_PAUSE_MILLISECONDS))
    last = entry.time
    io.stdout.write(entryLines(reader, entry, first))
  }
  io.stdout.write(reportLines(reader.verdict))
  return reader.verdict.state === 'altered' ? 1 : 0
}
