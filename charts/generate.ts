// Writes what the chart has of others' sources: the CustomResourceDefinitions and the ValidatingAdmissionPolicies. `--check` changes
// nothing and fails if one is out of date.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const ROOT = join(import.meta.dirname, '..')
const FILES = 'charts/sallyport/files'

/** Chart's file → where its text comes from. */
export function sources(): ReadonlyMap<string, string> {
  const kinds = readdirSync(join(ROOT, 'crds'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('/crd.yaml'))
    .map((path) => [`${FILES}/crds/${dirname(path)}.yaml`, `crds/${path}`] as const)
  return new Map([...kinds, [`${FILES}/vap.yaml`, 'operator/admission/vap.yaml'] as const])
}

if (import.meta.main) {
  const checking = process.argv.includes('--check')
  for (const [name, source] of sources()) {
    const wanted = readFileSync(join(ROOT, source), 'utf8')
    const file = join(ROOT, name)
    if (!checking) {
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, wanted)
    } else if (readFileSync(file, 'utf8') !== wanted) {
      process.stderr.write(`${name} is out of date; run: node charts/generate.ts\n`)
      process.exitCode = 1
    }
  }
}
