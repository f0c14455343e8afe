// The chart as helm sees it. Helm is the machine's own, or the one that the test cluster was built with.
import { execFile } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { parseAllDocuments } from 'yaml'
import { binariesFolder } from '#e2e/cluster/binaries.ts'

export const CHART = join(import.meta.dirname, 'sallyport')
const run = promisify(execFile)

const HELM = [...(process.env['PATH'] ?? '').split(delimiter), binariesFolder()]
  .map((folder) => join(folder, 'helm'))
  .find((path) => existsSync(path))

/** Undefined: there is a helm. */
export const whyNoHelm =
  HELM === undefined
    ? 'there is no helm in PATH, and none was built for the test cluster (make cluster does)'
    : undefined

export interface Rendered {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
  }
  readonly [field: string]: unknown
}

export async function helm(...args: readonly string[]): Promise<string> {
  const { stdout } = await run(HELM ?? 'helm', args, { maxBuffer: 64 * 1024 * 1024 })
  return stdout
}

/** Every object, those of `helm test` included. */
export function render(...sets: readonly string[]): Promise<readonly Rendered[]> {
  return renderChart(CHART, sets)
}

/** What helm says after an installation. Without a cluster it says nothing, so a copy of the chart has it in an object. */
export async function notes(...sets: readonly string[]): Promise<string> {
  const scratch = mkdtempSync(join(tmpdir(), 'sallyport-chart-'))
  try {
    cpSync(CHART, scratch, { recursive: true })
    const notesIn = '{{ include (print $.Template.BasePath "/NOTES.txt") . | toJson }}'
    const told = `apiVersion: v1\nkind: Notes\nmetadata: {name: told}\ntext: ${notesIn}\n`
    writeFileSync(join(scratch, 'templates/told.yaml'), told)
    const found = (await renderChart(scratch, sets)).find(({ kind }) => kind === 'Notes')
    return String(found?.['text'])
  } finally {
    rmSync(scratch, { recursive: true })
  }
}

async function renderChart(chart: string, sets: readonly string[]): Promise<readonly Rendered[]> {
  const values = sets.flatMap((set) => ['--set-json', set])
  const text = await helm('template', 'gate', chart, '-n', 'gates', '--kube-version', '1.34.0', ...values)
  return parseAllDocuments(text)
    .map((document) => document.toJS() as Rendered | null)
    .filter((object) => object !== null)
}
