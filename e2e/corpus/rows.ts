// The rows of a corpus, one JSON a line.
import { readFile } from 'node:fs/promises'

export interface Row {
  readonly expect: 'Allow' | 'Deny'
  readonly why: string
  readonly statement: string
  readonly masked?: readonly string[]
}

export async function rowsOf(name: string): Promise<readonly Row[]> {
  const text = await readFile(new URL(`${name}.jsonl`, import.meta.url), 'utf8')
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Row)
}
