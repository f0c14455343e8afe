// The gateway of a pod as this machine's kernel sees it: the node's processes are in namespaces below ours.
import { readdir, readFile } from 'node:fs/promises'
import { uptime } from 'node:os'

/** Clock ticks a second, as in ../process.ts. */
const TICKS = 100

export interface GatewayProcess {
  readonly processId: number
  /** Milliseconds since the epoch, to the hundredth of a second. */
  readonly startedAt: number
}

export async function gatewayOf(podUid: string): Promise<GatewayProcess> {
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const read = (file: string) => readFile(`/proc/${name}/${file}`, 'latin1').catch(() => '')
    if (!(await read('cmdline')).endsWith('/app/sidecar/main.js\0gateway\0')) continue
    if (!(await read('environ')).includes(`POD_UID=${podUid}\0`)) continue
    const stat = await read('stat')
    const started = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]) / TICKS
    return { processId: Number(name), startedAt: Date.now() - (uptime() - started) * 1000 }
  }
  throw new Error(`no gateway of pod ${podUid} runs on this machine: the cluster must be one of its own`)
}

export interface Resident {
  readonly rssMb: number
  /** Without pages of files: what no other pod's gateway shares. */
  readonly anonymousMb: number
}

export async function resident(processId: number): Promise<Resident> {
  const status = await readFile(`/proc/${processId}/status`, 'latin1')
  const megabytes = (field: string) =>
    Math.round(Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) / 102.4) / 10
  return { rssMb: megabytes('VmRSS'), anonymousMb: megabytes('RssAnon') }
}
