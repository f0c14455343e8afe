// Generated files: written, or with `--check` held against what is there.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The files of a folder by their names, with the texts that they ought to have; `by` is what to run. */
export function writeGenerated(folder: string, files: Readonly<Record<string, string>>, by: string): void {
  const checking = process.argv.includes('--check')
  for (const [name, wanted] of Object.entries(files)) {
    const file = fileURLToPath(new URL(name, folder))
    if (!checking) writeFileSync(file, wanted)
    else if (!existsSync(file) || readFileSync(file, 'utf8') !== wanted) {
      process.stderr.write(`${relative('.', file)} is out of date; run: node ${relative('.', by)}\n`)
      process.exitCode = 1
    }
  }
}
