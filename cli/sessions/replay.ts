// `sessions replay`: the session as it happened, with its pauses if somebody wants to watch.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Outputs } from '../io.ts'
import { SessionReader, type View } from './entries.ts'
import { entryLines, headLines, reportLines } from './entry-text.ts'

/** Nobody watches an agent think for longer. */
const LONGEST_PAUSE_MILLISECONDS = 5_000

export async function replay(view: View, speed: number, io: Outputs): Promise<number> {
  const reader = new SessionReader(view)
  let first: number | undefined
  let last = 0
  for await (const entry of reader.entries()) {
    if (first === undefined) {
      first = entry.time
      last = entry.time
      io.stdout.write(headLines(reader))
    }
    const pause = (entry.time - last) / 1000 / speed
    if (pause >= 1) await sleep(Math.min(pause, LONGEST_PAUSE_MILLISECONDS))
    last = entry.time
    io.stdout.write(entryLines(reader, entry, first))
  }
  const report = reader.report()
  io.stdout.write(reportLines(report))
  return report.state === 'altered' ? 1 : 0
}
