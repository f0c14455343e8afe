// Writes what is made from the definitions: types.gen.ts and kinds.gen.json. `--check` changes nothing and fails if one is
// out of date.
import { readFileSync, writeFileSync } from 'node:fs'
import { readKinds } from './definitions.ts'
import type { Kind } from './schema.ts'
import { typesOf } from './types-source.ts'

export function generated(kinds: readonly Kind[]): Readonly<Record<string, string>> {
  return { 'types.gen.ts': typesOf(kinds), 'kinds.gen.json': `${JSON.stringify(kinds)}\n` }
}

if (import.meta.main) {
  const checking = process.argv.includes('--check')
  for (const [name, wanted] of Object.entries(generated(readKinds()))) {
    const file = new URL(name, import.meta.url)
    if (!checking) writeFileSync(file, wanted)
    else if (readFileSync(file, 'utf8') !== wanted) {
      process.stderr.write(`crds/${name} is out of date; run: node crds/generate.ts\n`)
      process.exitCode = 1
    }
  }
}
