// Writes builtin-MAJOR.gen.json for every installation named on the command line (folders with bin/postgres). Run by
// hand when a major version is added; the servers need not stay installed.
import { writeFileSync } from 'node:fs'
import { startServer } from './ephemeral-server.ts'
import { type CatalogRows, SECTIONS } from './rows.ts'
import { readRows, SET_EMPTY_PATH } from './snapshot.ts'

async function generate(installation: string): Promise<void> {
  await using server = await startServer(installation)
  await using session = await server.connect()
  await session.query(SET_EMPTY_PATH)
  const rows = await readRows(session, '', 'system')
  const file = new URL(`builtin-${rows.serverMajor}.gen.json`, import.meta.url)
  writeFileSync(file, encode(rows))
  process.stdout.write(`${file.pathname}\n`)
}

/** One row a line, so that versions can be compared with ordinary tools. */
function encode(rows: CatalogRows): string {
  const sections = SECTIONS.map((section) => {
    const lines = rows.sections[section].map((row) => JSON.stringify(row)).sort()
    return `${JSON.stringify(section)}: [\n${lines.join(',\n')}]`
  })
  return `{"serverMajor": ${rows.serverMajor}, "sections": {\n${sections.join(',\n')}}}\n`
}

if (import.meta.main) for (const installation of process.argv.slice(2)) await generate(installation)
