// Figures are told, never asserted: the machine may be busy with other things.

export function say(line: string): void {
  console.error(`figure: ${line}`)
}
