// One long-running program of the cluster. If it ends while others wait for it, they hear why instead of waiting on.
import type { ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { inside, launch } from './namespaces.ts'
import { until } from './until.ts'

export interface Ground {
  readonly directory: string
  readonly binaries: string
  readonly init: number
}

export interface Component {
  readonly name: string
  /** Resolves with the first answer; rejects with the end of the log if the program ends before. */
  ready<T>(within: number, look: () => T | undefined | Promise<T | undefined>): Promise<T>
}

export function startComponent(ground: Ground, name: string, command: readonly string[]): Component {
  const child = launch(ground.init, ground.directory, name, command)
  return {
    name,
    ready: (within, look) =>
      until(`${name} to be ready`, within, () => {
        if (ended(child)) throw new Error(`${name} ended; its log ends:\n${endOfLog(ground.directory, name)}`)
        return look()
      }),
  }
}

/** Ends a program that was started by this or another process, and waits until it is gone. */
export async function stopComponent(ground: Ground, name: string, signal: 'TERM' | 'KILL'): Promise<void> {
  const file = join(ground.directory, `${name}.pid`)
  const script = 'kill -s "$0" "$1" && while kill -0 "$1" 2>/dev/null; do sleep 0.1; done'
  await inside(ground.init, ['timeout', '120', 'sh', '-c', script, signal, readFileSync(file, 'utf8').trim()])
}

export function endOfLog(directory: string, name: string, lines = 15): string {
  try {
    return readFileSync(join(directory, 'logs', `${name}.log`), 'utf8')
      .trimEnd()
      .split('\n')
      .slice(-lines)
      .join('\n')
  } catch {
    return '(no log)'
  }
}

function ended(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null
}
