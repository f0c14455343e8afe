// What was refused, for a person to read.
import { printable } from '#sidecar/printable.ts'
import type { Destination } from './destinations.ts'

const MOST_PODS = 3

export function table(destinations: readonly Destination[]): string {
  const rows = destinations.map(({ host, port, portGuessed, times, pods }) => [
    printable(portGuessed ? `${host} (only looked up)` : `${host}:${port}`),
    String(times),
    pods.length > MOST_PODS
      ? `${pods.slice(0, MOST_PODS).join(', ')} and ${pods.length - MOST_PODS} more`
      : pods.join(', '),
  ])
  const lines = [['REFUSED', 'TIMES', 'PODS'], ...rows]
  const widths = [0, 1].map((column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)))
  return lines
    .map(([place = '', times = '', pods = '']) =>
      `${place.padEnd(widths[0] ?? 0)}  ${times.padEnd(widths[1] ?? 0)}  ${pods}`.trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('')
}
