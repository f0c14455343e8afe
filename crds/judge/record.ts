// Writes testdata/verdicts.txt: what the API server's own code says to thousands of changed examples.
//
//   cd crds/judge && go build -o JUDGE . && node record.ts JUDGE
//
// To be run when a schema changes. Our verdicts are compared with the file by validate.test.ts.
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { CRD_FOLDERS, readKinds } from '../definitions.ts'
import type { Path } from '../finding.ts'
import { fieldOf } from '../finding.ts'
import type { Schema } from '../schema.ts'
import { CHOSEN } from './chosen.ts'
import { lineOf, type Mutation, mutated } from './mutation.ts'

/** What ClusterAccessPolicy shares with AccessPolicy is recorded once; a test holds the two schemas equal there. */
const SHARED = /^ClusterAccessPolicy spec[.](windows|rules|masking|limits|recording)/

/** The API server takes a list where a string with format date-time is due: its fault, and we do not follow. */
const NOT_FOLLOWED = /^ApprovalRequest spec[.]expiresAt$/

if (import.meta.main) {
  const [, , judge] = process.argv
  if (judge === undefined) throw new Error('which program is the judge? usage: node record.ts JUDGE')
  const lines = record(judge)
  const head =
    '# Verdicts of the API server (k8s.io/apiextensions-apiserver, see judge/go.mod) on changed examples. Written by judge/record.ts.'
  writeFileSync(new URL('../testdata/verdicts.txt', import.meta.url), `${head}\n${lines.join('\n')}\n`)
}

function record(judge: string): string[] {
  const examples = new Map(
    CRD_FOLDERS.map((folder) => [
      folder,
      parse(readFileSync(new URL(`../${folder}/example.yaml`, import.meta.url), 'utf8')) as unknown,
    ]),
  )
  const mutations: { mutation: Mutation; document: unknown }[] = []
  for (const { kind, schema } of readKinds()) {
    const example = examples.get(kind.toLowerCase() as (typeof CRD_FOLDERS)[number])
    if (example === undefined) continue
    const seen = new Set<string>()
    for (const mutation of changes(kind, schema, example, [])) {
      const document = mutated(example, mutation)
      const line = lineOf(mutation, true)
      if (document === undefined || seen.has(line)) continue
      seen.add(line)
      mutations.push({ mutation, document })
    }
  }
  const definitions = CRD_FOLDERS.map((folder) => fileURLToPath(new URL(`../${folder}/crd.yaml`, import.meta.url)))
  const input = mutations.map(({ document }) => `${JSON.stringify(document)}\n`).join('')
  const verdicts = execFileSync(judge, definitions, { input, maxBuffer: 2 ** 28, encoding: 'utf8' })
    .trimEnd()
    .split('\n')
  return mutations.map(({ mutation }, index) => lineOf(mutation, verdicts[index] === '[]'))
}

function* changes(kind: string, schema: Schema, value: unknown, path: Path): Generator<Mutation> {
  const text = `${kind} ${fieldOf(path)}`
  if (SHARED.test(text)) return
  if (path.length > 0) yield* changesHere(kind, schema, value, path, text)
  for (const [name, inner] of Object.entries(schema.properties ?? {})) {
    if (path.length === 0 && ['apiVersion', 'kind', 'metadata'].includes(name)) continue
    yield* changes(kind, inner, Object(value)[name], [...path, name])
  }
  if (schema.items && Array.isArray(value)) {
    for (const index of value.keys()) yield* changes(kind, schema.items, value[index], [...path, index])
  }
}

function* changesHere(kind: string, schema: Schema, value: unknown, path: Path, text: string): Generator<Mutation> {
  for (const candidate of ofAnyType(schema)) {
    if (Array.isArray(candidate) && NOT_FOLLOWED.test(text)) continue
    yield { kind, path, value: candidate }
  }
  for (const [pattern, values] of CHOSEN) {
    if (pattern.test(text)) for (const candidate of values) yield { kind, path, value: candidate }
  }
  if (schema.properties) yield { kind, path: [...path, 'unknownField'], value: 1 }
  if (!Array.isArray(value) || value.length === 0) return
  yield { kind, path, value: [...value, value[0]] }
  if (typeof value[0] === 'string') yield { kind, path, value: Array.from({ length: 130 }, (_, index) => `a${index}`) }
  if (typeof value[0] === 'number') yield { kind, path, value: Array.from({ length: 130 }, (_, index) => index + 1) }
}

function ofAnyType(schema: Schema): readonly unknown[] {
  const any = [null, undefined, 'text', 7, true, [], {}, ['x'], { x: 1 }, ...(schema.enum ?? [])]
  switch (schema.type) {
    case 'string':
      return [...any, '', 'Nope', 'a b', 'é', 'a'.repeat(64), 'a'.repeat(300)]
    case 'integer':
      return [...any, -1, 0, 1, 10, 11, 65_535, 65_536, 2 ** 31, 1.5, '5']
    case 'boolean':
      return [...any, false, 'true']
    default:
      return any
  }
}
