// What a process has cost so far, from /proc (proc(5)).
import { readFile, writeFile } from 'node:fs/promises'

/** Clock ticks a second; fixed at 100 in what Linux shows to programs (sysconf(_SC_CLK_TCK)). */
const TICKS = 100

/** User and system time of all its threads. */
export async function cpuMicroseconds(processId: number): Promise<number> {
  const stat = await readFile(`/proc/${processId}/stat`, 'latin1')
  // The second field is the program's name in parentheses and may hold spaces; utime and stime are fields 14 and 15.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return ((Number(fields[11]) + Number(fields[12])) / TICKS) * 1e6
}

/** The most memory it has had resident since `forgetPeak`. */
export async function peakResidentMegabytes(processId: number): Promise<number> {
  const status = await readFile(`/proc/${processId}/status`, 'latin1')
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024
}

export async function forgetPeak(processId: number): Promise<void> {
  await writeFile(`/proc/${processId}/clear_refs`, '5').catch(() => {})
}
